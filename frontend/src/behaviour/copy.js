// Copy buttons: data-copy="text" or data-copy="#element".
import { toast } from "./toasts.js";

let wired = false;

export function startCopy() {
  if (wired) return;
  wired = true;
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const source = button.dataset.copy;
    const element = source.startsWith("#") ? document.querySelector(source) : null;
    try {
      await navigator.clipboard.writeText(element ? element.value ?? element.textContent.trim() : source);
      toast("已复制");
    } catch {
      toast("浏览器不允许复制，请手动选取。", "warning");
    }
  });
}
