// Order by drag (拖动排序): lists of the console; the new order is sent once the hand lets go.
import { toast } from "../behaviour/toasts.js";
import { post } from "./posting.js";

export async function sortable(list) {
  if (!list || list.dataset.sortable || list.children.length < 2) return;
  list.dataset.sortable = "1";
  const { default: Sortable } = await import("sortablejs");
  Sortable.create(list, {
    handle: "[data-grip]", animation: 150,
    onEnd: async () => {
      const ids = [...list.children].map((row) => row.dataset.id).join(",");
      const answer = await post(list.dataset.order, { ids });
      if (!answer.ok) toast(answer.error, "danger");
    },
  });
}
