// Likes (点赞): a tap or a double tap on the picture; sent in batches, shown as hearts that float away.
import { make } from "../behaviour/once.js";
import { send } from "./connection.js";

const BATCH = 400;
const FLOATING = 24;
const still = matchMedia("(prefers-reduced-motion: reduce)");

export class Hearts {
  constructor(ground) {
    this.ground = ground;
    this.pending = 0;
    this.timer = 0;
  }

  float(count = 1, mine = false) {
    if (still.matches || document.hidden) return;
    for (let n = 0; n < count && this.ground.childElementCount < FLOATING; n += 1) {
      const heart = make("span", { className: `heart heart-${1 + Math.floor(Math.random() * 6)}${mine ? " heart-mine" : ""}` });
      heart.style.setProperty("--drift", `${Math.round(Math.random() * 60 - 30)}px`);
      heart.style.animationDelay = `${n * 90}ms`;
      heart.addEventListener("animationend", () => heart.remove());
      this.ground.append(heart);
    }
  }

  give(socket) {
    this.pending += 1;
    this.float(1, true);
    if (this.timer) return;
    this.timer = setTimeout(() => {
      const n = this.pending;
      this.pending = 0;
      this.timer = 0;
      send(socket, "like", { n });
    }, BATCH);
  }
}

/** Call `like` on a double tap or double click of the element. */
export function doubleTap(element, like) {
  let before = 0;
  element.addEventListener("pointerup", (event) => {
    if (event.target.closest("a, button, input, form")) return;
    if (event.timeStamp - before < 320) {
      before = 0;
      like();
    } else before = event.timeStamp;
  });
}
