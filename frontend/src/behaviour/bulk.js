// Tables with a bulk bar: form[data-bulk] holds checkboxes [data-bulk-row], one [data-bulk-all] and [data-bulk-bar].
import { fresh } from "./once.js";

export function startBulk(root) {
  for (const form of fresh(root, "[data-bulk]", "Bulk")) {
    const all = form.querySelector("[data-bulk-all]");
    const bar = form.querySelector("[data-bulk-bar]");
    const rows = () => [...form.querySelectorAll("[data-bulk-row]:not(:disabled)")];
    const show = () => {
      const boxes = rows();
      const chosen = boxes.filter((box) => box.checked).length;
      if (all) {
        all.checked = chosen > 0 && chosen === boxes.length;
        all.indeterminate = chosen > 0 && chosen < boxes.length;
      }
      if (!bar) return;
      bar.classList.toggle("is-on", chosen > 0);
      bar.querySelectorAll("[data-bulk-count]").forEach((words) => (words.textContent = String(chosen)));
      bar.querySelectorAll("button, select").forEach((control) => (control.disabled = chosen === 0));
    };
    form.addEventListener("change", (event) => {
      if (event.target === all) rows().forEach((box) => (box.checked = all.checked));
      if (event.target === all || event.target.matches("[data-bulk-row]")) show();
    });
    addEventListener("pageshow", show);
    show();
  }
}
