// The plan editor counts along while typing; what is saved is computed by the server.
const form = document.getElementById("plan-form");
const yuan = (fen) => "¥" + (fen / 100).toLocaleString("zh-CN", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const fen = (text) => Math.round(Number(String(text).replace(/[,¥￥]/g, "")) * 100) || 0;
function sum(box) {
  const value = (name) => fen(box.querySelector(`[data-${name}]`).value);
  const pieces = [...box.querySelectorAll("[data-quantity]")].reduce((all, field) => all + (parseInt(field.value.replace(/,/g, ""), 10) || 0), 0);
  const sales = pieces * value("price"), cost = pieces * value("cost");
  box.querySelector("[data-product-sum]").textContent =
    `全年 ${pieces.toLocaleString("zh-CN")} 件 · 收入 ${yuan(sales)} · 成本 ${yuan(cost)} · 毛利 ${yuan(sales - cost)}`;
}
for (const box of form.querySelectorAll("[data-product]")) {
  sum(box);
  box.addEventListener("input", () => sum(box));
}
for (const area of form.querySelectorAll("textarea[data-minimum]")) {
  const link = document.querySelector(`[data-nav="${area.id}"]`);
  area.addEventListener("input", () => {
    const enough = area.value.replace(/\s/g, "").length >= Number(area.dataset.minimum);
    link.classList.toggle("is-short", !enough);
    const use = link.querySelector("use");
    use.setAttribute("href", use.getAttribute("href").replace(/#.*/, enough ? "#circle-check" : "#circle-dashed"));
  });
}
// Enter in a figure must not press "删除这种产品", the first button of the form.
form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches("input")) event.preventDefault();
});

// A row of posts or assets appears when the one before is begun.
for (const rows of form.querySelectorAll(".money-rows")) {
  rows.addEventListener("input", (event) => {
    const next = event.target.closest(".money-row").nextElementSibling;
    if (next && event.target.value) next.hidden = false;
  });
}
// Autosave: what is typed is kept on the server three seconds after the last key; the tables answer.
const state = form.querySelector("[data-autosaved]");
let timer = 0, busy = false, again = false, stopped = false;
// Pictures travel with the button alone.
function typed() {
  const fields = new FormData(form);
  for (const [name, value] of [...fields]) if (value instanceof File) fields.delete(name);
  return fields;
}
async function autosave() {
  if (busy) { again = true; return; }
  busy = true;
  try {
    const answer = await fetch(form.dataset.autosave, { method: "POST", body: typed(), headers: { "X-Requested-With": "fetch", Accept: "application/json" } });
    const told = await answer.json();
    if (answer.ok) {
      form.elements.serial.value = told.serial;
      state.textContent = "已自动保存";
      if (told.tables) document.getElementById("accounts").innerHTML = told.tables;
    } else {
      state.textContent = told.error || "自动保存没有成功，内容还在页面上，请点保存。";
      stopped = answer.status === 409;
    }
  } catch {
    state.textContent = "网络断开，内容还在页面上，恢复后会再保存。";
    again = true;
  }
  busy = false;
  if (again && !stopped) { again = false; timer = setTimeout(autosave, 5000); }
}
form.addEventListener("input", () => {
  if (stopped) return;
  state.textContent = "正在编辑…";
  clearTimeout(timer);
  timer = setTimeout(autosave, 3000);
});
form.addEventListener("submit", () => { stopped = true; clearTimeout(timer); });
