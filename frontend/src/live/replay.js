// A past show again (回放): the video or a clock of its own drives slides, chapters and messages.
import { make } from "../behaviour/once.js";
import { showSlide } from "./stage.js";

export function startReplay(root) {
  const told = JSON.parse(root.querySelector("[data-timeline]").textContent);
  const video = root.querySelector("[data-replay-video]");
  const range = root.querySelector("[data-replay-range]");
  const list = root.querySelector("[data-replay-messages]");
  const stage = root.querySelector("[data-stage]");
  const chapters = [...root.querySelectorAll("[data-chapter]")];
  const clock = root.querySelector("[data-replay-clock]");
  const length = Number(root.dataset.seconds);
  let now = 0;
  let shown = -1;
  let running = null;
  const write = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

  const draw = () => {
    const until = told.comments.findLastIndex((comment) => comment.t <= now);
    if (until !== shown) {
      const rows = told.comments.slice(Math.max(0, until - 60), until + 1);
      list.replaceChildren(...rows.map((comment) => make("div", { className: `msg msg-${comment.role}` }, make("span", { className: "msg-text" }, make("small", {}, `${write(comment.t)} `), make("b", {}, comment.who), comment.text))));
      list.scrollTop = list.scrollHeight;
      shown = until;
    }
    if (stage) {
      const slide = told.slides.findLast((one) => one.t <= now) ?? told.slides[0];
      if (slide && stage.dataset.slide !== String(slide.slide.id)) {
        stage.dataset.slide = slide.slide.id;
        showSlide(stage, slide.slide);
      }
    }
    for (const chapter of chapters) chapter.toggleAttribute("aria-current", now >= Number(chapter.dataset.starts) && now < Number(chapter.dataset.ends));
    if (range) range.value = now;
    if (clock) clock.textContent = `${write(now)} / ${write(length)}`;
  };
  const go = (seconds) => {
    now = Math.min(length, Math.max(0, seconds));
    if (video) video.currentTime = now;
    draw();
  };
  for (const chapter of chapters) chapter.addEventListener("click", () => {
    go(Number(chapter.dataset.starts));
    video?.play();
  });
  if (video) {
    video.addEventListener("timeupdate", () => {
      now = video.currentTime;
      draw();
    });
  } else {
    range.addEventListener("input", () => go(Number(range.value)));
    root.querySelector("[data-replay-play]").addEventListener("click", (event) => {
      const button = event.currentTarget;
      if (running) {
        clearInterval(running);
        running = null;
      } else running = setInterval(() => (now >= length ? button.click() : go(now + 0.5)), 500);
      button.setAttribute("aria-pressed", String(Boolean(running)));
      button.querySelector("span").textContent = running ? "暂停" : "播放";
    });
  }
  draw();
}
