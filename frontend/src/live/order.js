// Keeping order (秩序): a message is chosen, then hidden, or its author is muted.
import { toast } from "../behaviour/toasts.js";
import { post } from "./posting.js";

export function keepOrder(root, list) {
  const dialog = root.querySelector("[data-keep-order]");
  if (!dialog) return;
  let chosen = 0;
  const choose = (row) => {
    chosen = Number(row.dataset.comment);
    dialog.querySelector("[data-keep-quote]").textContent = row.querySelector(".msg-text").textContent;
    for (const button of dialog.querySelectorAll("[data-keep=mute]")) button.disabled = !row.matches(".msg-viewer");
    dialog.showModal();
  };
  list.addEventListener("click", (event) => {
    const row = event.target.closest("[data-comment]");
    if (row && event.target.closest("[role=button]")) choose(row);
  });
  list.addEventListener("keydown", (event) => {
    const row = event.target.closest("[data-comment]");
    if (row && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      choose(row);
    }
  });
  dialog.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-keep]");
    if (!button) return;
    dialog.close();
    const answer = await post(`${dialog.dataset.url}/comments/${chosen}/${button.dataset.keep}`, { minutes: button.dataset.minutes ?? "" });
    toast(answer.ok ? answer.message : answer.error, answer.ok ? "success" : "danger");
    root.dispatchEvent(new CustomEvent("live:kept", { bubbles: true }));
  });
}
