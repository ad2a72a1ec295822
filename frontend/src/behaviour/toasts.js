// Toasts (提示): what needs no answer. The server writes flash messages into .toasts; scripts add theirs.
import { fresh, make } from "./once.js";

function region() {
  const found = document.querySelector(".toasts");
  if (found) return found;
  const made = make("div", { className: "toasts", role: "status", ariaLive: "polite" });
  document.body.append(made);
  return made;
}

/** Say one sentence; kind is success, info, warning or danger. */
export function toast(text, kind = "success") {
  const close = make("button", { type: "button", className: "toast-close", ariaLabel: "关闭提示" }, "×");
  const note = make("div", { className: `note note-${kind}` }, make("p", {}, text), close);
  region().append(note);
  startToasts(document);
}

export function startToasts(root) {
  for (const note of fresh(root, ".toasts .note", "Toast")) {
    const leave = () => note.remove();
    note.querySelector(".toast-close")?.addEventListener("click", leave);
    if (!note.matches(".note-danger, .note-warning")) setTimeout(leave, 6000);
  }
}
