// The three-step tour (新手引导): <script type="application/json" data-tour="name">[{target,title,text}]</script>.
// The first visit offers it, every step can end it, [data-tour-start="name"] finds it again.
import { fresh, make } from "./once.js";

const key = (name) => `tour:${name}`;

function run(name, stops) {
  const steps = stops.filter((step) => document.querySelector(step.target)?.checkVisibility?.() ?? document.querySelector(step.target));
  if (!steps.length) return;
  let at = 0;
  const title = make("h2", { className: "dialog-title", id: "tour-title" });
  const text = make("p", { className: "dialog-text" });
  const count = make("span", { className: "tour-count" });
  const end = make("button", { type: "button", className: "btn btn-link" }, "结束引导");
  const next = make("button", { type: "button", className: "btn btn-primary" });
  const card = make("dialog", { className: "tour" }, title, text, make("div", { className: "dialog-actions" }, count, end, next));
  card.setAttribute("aria-labelledby", "tour-title");
  const mark = (on) => document.querySelector(steps[at].target).classList.toggle("tour-target", on);
  const place = () => {
    const box = document.querySelector(steps[at].target).getBoundingClientRect();
    const below = box.bottom + card.offsetHeight + 16 < innerHeight;
    card.style.top = `${Math.max(8, below ? box.bottom + 12 : Math.min(box.top - card.offsetHeight - 12, innerHeight - card.offsetHeight - 12))}px`;
    card.style.left = `${Math.max(8, Math.min(box.left, innerWidth - card.offsetWidth - 8))}px`;
  };
  const show = () => {
    title.textContent = steps[at].title;
    text.textContent = steps[at].text;
    count.textContent = `${at + 1} / ${steps.length}`;
    next.textContent = at + 1 < steps.length ? "下一步" : "知道了";
    mark(true);
    document.querySelector(steps[at].target).scrollIntoView({ block: "center" });
    place();
    next.focus();
  };
  const stop = () => {
    mark(false);
    localStorage.setItem(key(name), "seen");
    card.remove();
  };
  end.addEventListener("click", () => card.close());
  card.addEventListener("close", stop);
  next.addEventListener("click", () => {
    mark(false);
    if (at + 1 >= steps.length) return card.close();
    at += 1;
    return show();
  });
  document.body.append(card);
  card.showModal();
  show();
}

function offer(name, stops) {
  const start = make("button", { type: "button", className: "btn btn-sm btn-primary" }, "看一看");
  const later = make("button", { type: "button", className: "btn btn-sm btn-link" }, "不用了");
  const box = make("div", { className: "tour-offer", role: "status" }, make("p", {}, "第一次来？三步看懂这一页。"), start, later);
  start.addEventListener("click", () => {
    box.remove();
    run(name, stops);
  });
  later.addEventListener("click", () => {
    box.remove();
    localStorage.setItem(key(name), "seen");
  });
  document.body.append(box);
}

export function startTours(root) {
  for (const script of fresh(root, "script[data-tour]", "Tour")) {
    const name = script.dataset.tour;
    const stops = JSON.parse(script.textContent);
    document.addEventListener("click", (event) => {
      if (event.target.closest("[data-tour-start]")?.dataset.tourStart === name) run(name, stops);
    });
    if (!localStorage.getItem(key(name))) offer(name, stops);
  }
}
