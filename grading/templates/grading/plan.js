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
