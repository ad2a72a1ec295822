// Typed text is never lost (草稿): form[data-draft="key"] is kept in this browser until it was sent well.
// A draft belongs to the signed-in person (body[data-account]), lives seven days and goes at sign-out.
import { fresh, make } from "./once.js";

const prefix = "draft:";
const lifetime = 7 * 86400 * 1000;

const account = () => document.body.dataset.account || "";
const keyOf = (form) => `${prefix}${account()}:${form.dataset.draft}`;

function read(key) {
  try {
    const draft = JSON.parse(localStorage.getItem(key));
    return draft && Date.now() - draft.at < lifetime ? draft : null;
  } catch {
    return null;
  }
}

function write(key, draft) {
  try {
    localStorage.setItem(key, JSON.stringify(draft));
  } catch {
    /* A full or forbidden store only costs the draft. */
  }
}

function fieldsOf(form) {
  return [...form.elements].filter(
    (field) => field.name && field.name !== "csrf_token" && !["password", "file", "hidden", "submit", "button"].includes(field.type),
  );
}

function values(form) {
  return fieldsOf(form).map((field) => [
    field.name,
    ["checkbox", "radio"].includes(field.type) ? `${field.value}=${field.checked}` : field.value,
  ]);
}

function fill(form, stored) {
  const queue = new Map();
  for (const [name, value] of stored) queue.set(name, [...(queue.get(name) ?? []), value]);
  for (const field of fieldsOf(form)) {
    const value = queue.get(field.name)?.shift();
    if (value === undefined) continue;
    if (["checkbox", "radio"].includes(field.type)) field.checked = value === `${field.value}=true`;
    else field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

function banner(form, draft, key) {
  const when = new Date(draft.at).toLocaleString("zh-CN", { month: "long", day: "numeric", hour: "2-digit", minute: "2-digit" });
  const box = make("div", { className: "notice notice-info draft-offer", role: "status" });
  const text = make("p", { className: "notice-text" }, `找到 ${when} 未提交的内容。`);
  const restore = make("button", { type: "button", className: "btn btn-sm" }, "恢复");
  const drop = make("button", { type: "button", className: "btn btn-sm btn-link" }, "丢弃");
  restore.addEventListener("click", () => {
    fill(form, draft.values);
    box.remove();
  });
  drop.addEventListener("click", () => {
    localStorage.removeItem(key);
    box.remove();
  });
  box.append(text, restore, drop);
  form.prepend(box);
}

function settleSent() {
  const failed = document.body.dataset.error || !account();
  for (const key of Object.keys(localStorage).filter((name) => name.startsWith(prefix))) {
    const draft = read(key);
    if (!draft) localStorage.removeItem(key);
    else if (draft.sent && failed) write(key, { ...draft, sent: false, refused: true });
    else if (draft.sent) {
      const form = [...document.querySelectorAll("form[data-draft]")].find((candidate) => keyOf(candidate) === key);
      if (form?.querySelector(".is-invalid, .form-errors")) write(key, { ...draft, sent: false, shown: true });
      else localStorage.removeItem(key);
    }
  }
}

let settled = false;

export function startDrafts(root) {
  if (!settled) {
    settled = true;
    settleSent();
    document.addEventListener("submit", (event) => {
      if (event.defaultPrevented) return;
      const form = event.target;
      if (form.matches("[data-logout]")) {
        for (const key of Object.keys(localStorage)) if (key.startsWith(prefix)) localStorage.removeItem(key);
      } else if (form.dataset.draft) {
        form.draftSent = true; // a timer that is still running must not overwrite this
        write(keyOf(form), { at: Date.now(), values: values(form), sent: true });
      }
    });
  }
  if (!account()) return;
  for (const form of fresh(root, "form[data-draft]", "Draft")) {
    const key = keyOf(form);
    const draft = read(key);
    if (draft && !draft.shown && JSON.stringify(draft.values) !== JSON.stringify(values(form))) {
      if (draft.refused) {
        fill(form, draft.values);
        form.prepend(make("div", { className: "notice notice-info", role: "status" }, make("p", { className: "notice-text" },
          "上次没有提交成功，刚才填写的内容已经恢复，请检查后再次提交。")));
      } else banner(form, draft, key);
    }
    let timer = 0;
    form.addEventListener("input", () => {
      clearTimeout(timer);
      form.draftSent = false;
      timer = setTimeout(() => form.draftSent || write(key, { at: Date.now(), values: values(form) }), 400);
    });
  }
}
