// The after-sale form: reasons follow the kind that is chosen; fields of other kinds are hidden by the style sheet.
import { fresh } from "../behaviour/once.js";

export function startAfterSale(root) {
  for (const box of fresh(root, "[data-reasons]", "Reasons")) {
    const form = box.closest("form");
    const select = form.querySelector("select[name=reason]");
    const all = [...select.options];
    const allowed = JSON.parse(box.dataset.reasons);
    const show = () => {
      const kind = form.querySelector("input[name=kind]:checked")?.value;
      const wanted = allowed[kind] ?? all.map((option) => option.value);
      const chosen = select.value;
      select.replaceChildren(...all.filter((option) => wanted.includes(option.value)));
      if (wanted.includes(chosen)) select.value = chosen;
    };
    box.addEventListener("change", show);
    show();
  }
}
