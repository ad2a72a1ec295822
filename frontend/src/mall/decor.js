// The page editor (店铺装修): drag blocks into order, look at the draft as on a phone or a desktop.
import { fresh } from "../behaviour/once.js";

async function sortable(list) {
  const form = document.querySelector("[data-decor-order]");
  const { default: Sortable } = await import("sortablejs");
  Sortable.create(list, {
    handle: ".decor-handle",
    animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 150,
    onEnd: ({ oldIndex, newIndex }) => {
      if (oldIndex === newIndex) return;
      form.elements.order.value = [...list.children].map((row) => row.dataset.id).join(",");
      form.requestSubmit();
    },
  });
}

export function startDecor(root) {
  for (const list of fresh(root, "[data-decor-list]", "Decor")) sortable(list);
  for (const stage of fresh(root, "[data-decor-stage]", "DecorStage")) {
    const buttons = [...stage.querySelectorAll("[data-device]")];
    stage.addEventListener("click", (event) => {
      const chosen = event.target.closest("[data-device]");
      if (!chosen) return;
      stage.dataset.decorStage = chosen.dataset.device;
      buttons.forEach((button) => button.setAttribute("aria-pressed", String(button === chosen)));
    });
  }
}
