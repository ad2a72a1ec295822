// The console of the host (中控台): forms go without a reload, the parts they change are fetched again.
import { startCopy } from "../behaviour/copy.js";
import { startDialogs } from "../behaviour/dialogs.js";
import { startFields } from "../behaviour/fields.js";
import { startMenus } from "../behaviour/menus.js";
import { toast } from "../behaviour/toasts.js";
import { post } from "./posting.js";
import { startCamera } from "./camera.js";
import { Show } from "./show.js";
import { sortable } from "./sorting.js";

const STRUCTURE = new Set(["pin", "item", "ended"]);

const BEING_USED = "dialog[open], details[open] form"; // what somebody is typing into is not taken from under their hands

function enliven(part) {
  for (const list of part.querySelectorAll("[data-order]")) sortable(list);
  for (const start of [startDialogs, startMenus, startFields, startCopy]) start(part);
}

async function refresh(address = location.href) {
  const answer = await fetch(address, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) return location.assign(answer.url);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live-part]")) {
    const fresh = page.getElementById(part.id);
    if (!fresh || fresh.innerHTML === part.innerHTML || part.querySelector(BEING_USED)) continue;
    part.replaceChildren(...fresh.childNodes);
    enliven(part);
  }
  for (const tab of document.querySelectorAll("[role=tab]")) {
    tab.replaceChildren(...page.getElementById(tab.id).childNodes);
  }
}

export function startStudio(root) {
  let waiting = 0;
  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(refresh, 250);
  };

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (form.matches("[data-live-search]")) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return refresh(`${location.pathname}?${new URLSearchParams(new FormData(form))}`);
    }
    if (!form.matches("[data-live-post]")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (form.dataset.sending) return;
    form.dataset.sending = "1";
    const fields = new FormData(form);
    if (event.submitter?.name) fields.set(event.submitter.name, event.submitter.value);
    const answer = await post(form.action, fields);
    delete form.dataset.sending;
    if (!answer.ok) return toast(answer.error, "danger");
    if (answer.message) toast(answer.message);
    if (form.hasAttribute("data-live-reset")) form.reset();
    if (form.hasAttribute("data-live-key")) form.elements.key.value = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
    if (form.hasAttribute("data-live-close")) form.closest("dialog")?.close();
    form.closest("details[open]")?.removeAttribute("open");
    await refresh();
  }, true);

  let camera = null;
  const show = new Show(root, {
    also(kind, body) {
      if (kind === "notice" && body.kind === "state" && body.state === "live") camera?.record();
      if (kind === "ended") camera?.stop("直播已结束。");
      if (STRUCTURE.has(kind)) soon();
      if (kind === "notice" && body.kind !== "hidden") soon();
      if (kind === "tick" && body.sold.length) soon();
    },
  });
  camera = startCamera(root, () => ["live", "paused"].includes(root.dataset.state), toast);
  for (const list of root.querySelectorAll("[data-order]")) sortable(list);
  root.addEventListener("live:kept", soon);

  let turning = 0;
  const turn = () => {
    clearTimeout(turning);
    const auto = root.querySelector("[data-autoplay]");
    const shown = root.querySelector("[data-slide][aria-current]");
    if (!auto?.checked || !shown) return;
    turning = setTimeout(async () => {
      const slides = [...root.querySelectorAll("[data-slide]")];
      const next = slides[(slides.findIndex((slide) => slide.dataset.slide === shown.dataset.slide) + 1) % slides.length];
      const form = next.querySelector(".js-show")?.form;
      if (form && show.root.dataset.state === "live") await post(form.action, new FormData(form));
      await refresh();
      turn();
    }, Number(shown.dataset.seconds) * 1000);
  };
  root.addEventListener("change", (event) => {
    if (event.target.matches("[data-autoplay]")) turn();
  });
}
