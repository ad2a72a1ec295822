// Sheets and dialogs (弹层), and the question before a dangerous action (data-confirm).
import { fresh, make } from "./once.js";

function openDialog(dialog, opener) {
  if (dialog.open) return;
  dialog.showModal();
  document.documentElement.classList.add("has-dialog");
  dialog.addEventListener(
    "close",
    () => {
      document.documentElement.classList.remove("has-dialog");
      if (opener?.isConnected) opener.focus();
    },
    { once: true },
  );
}

/** Ask; the promise answers whether the person said yes. */
export function ask(text, { title = "请确认", yes = "确定", no = "取消", danger = false } = {}) {
  return new Promise((answer) => {
    const dialog = make(
      "dialog",
      { className: "dialog dialog-ask", ariaLabel: title },
      make("h2", { className: "dialog-title" }, title),
      make("p", { className: "dialog-text" }, text),
      make(
        "div",
        { className: "dialog-actions" },
        make("button", { type: "button", className: "btn", value: "no" }, no),
        make("button", { type: "button", className: `btn ${danger ? "btn-danger" : "btn-primary"}`, value: "yes" }, yes),
      ),
    );
    let said = false;
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog) dialog.close();
      const button = event.target.closest("button");
      if (!button) return;
      said = button.value === "yes";
      dialog.close();
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      answer(said);
    });
    document.body.append(dialog);
    openDialog(dialog, document.activeElement);
  });
}

function question(form, submitter) {
  return submitter?.dataset.confirm ?? form.dataset.confirm;
}

let wired = false;
function wireDocument() {
  if (wired) return;
  wired = true;
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-sheet]");
    if (opener) {
      const dialog = document.querySelector(opener.dataset.sheet);
      if (dialog) {
        event.preventDefault();
        openDialog(dialog, opener);
        dialog.dispatchEvent(new CustomEvent("sheet:open", { detail: { opener } }));
      }
      return;
    }
    const dialog = event.target.closest("dialog.sheet, dialog.dialog");
    if (dialog && (event.target === dialog || event.target.closest("[data-close]"))) dialog.close();
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const text = question(form, event.submitter);
    if (!text || form.dataset.confirmed) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const { submitter } = event;
    const danger = Boolean(submitter?.matches(".btn-danger, .btn-outline-danger, .danger, [data-danger]"));
    ask(text, { yes: submitter?.textContent.trim() || "确定", danger }).then((yes) => {
      if (!yes) return;
      form.dataset.confirmed = "1";
      form.requestSubmit(submitter);
      delete form.dataset.confirmed;
    });
  }, true);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-confirm]");
    if (!link) return;
    event.preventDefault();
    ask(link.dataset.confirm).then((yes) => yes && location.assign(link.href));
  });
}

export function startDialogs(root) {
  wireDocument();
  for (const dialog of fresh(root, "dialog[data-open-now]", "Open")) openDialog(dialog, null);
}
