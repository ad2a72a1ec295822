// The picture of the room (画面): a slide with its drawn picture.
import { picture } from "./formats.js";

export function showSlide(stage, slide) {
  if (!slide) return;
  const address = picture(slide.kind, slide.picture, slide.category);
  for (const name of ["ground", "picture"]) {
    const image = stage.querySelector(`[data-stage-${name}]`);
    if (image.getAttribute("src") !== address) image.src = address;
  }
  const title = stage.querySelector("[data-stage-title]");
  title.textContent = slide.title;
  title.hidden = slide.kind === "cover" && slide.picture === slide.title;
  stage.querySelector("[data-stage-picture]").alt = title.hidden ? slide.title : "";
  stage.querySelector("[data-stage-text]").textContent = slide.text;
  stage.classList.remove("is-turning");
  requestAnimationFrame(() => stage.classList.add("is-turning"));
}
