// Buying in the room (直播间下单): the sheet comes from the server, the money goes by one POST with its key.
import { cascades } from "../behaviour/cascade.js";
import { startDialogs } from "../behaviour/dialogs.js";
import { startFields } from "../behaviour/fields.js";
import { make } from "../behaviour/once.js";
import { icon, price, yuan } from "./formats.js";

const HEADERS = { "X-Requested-With": "fetch" };

function total(form) {
  const sku = form.querySelector("[name=sku]:checked");
  if (!sku) return;
  const quantity = Math.max(1, Number(form.elements.quantity?.value || 1));
  form.querySelector("[data-buy-price]").replaceChildren(price(Number(sku.dataset.price)));
  form.querySelector("[data-buy-total]")?.replaceChildren(price(Number(sku.dataset.price) * quantity));
  const cheaper = Number(sku.dataset.was) > Number(sku.dataset.price);
  form.querySelector("[data-buy-was]").hidden = !cheaper;
  form.querySelector("[data-buy-was-text]").textContent = yuan(Number(sku.dataset.was));
}

// What it really costs, coupons and freight included, comes from the server; a later question makes an earlier one void.
async function reckon(form) {
  const lines = form.querySelector("[data-buy-lines]");
  const sku = form.querySelector("[name=sku]:checked");
  if (!lines || !sku) return;
  const expected = form.querySelector("[data-buy-expected]");
  const note = form.querySelector("[data-buy-note]");
  const other = form.querySelector("[data-address]:checked")?.value === "other" || !form.querySelector("[data-address]");
  const region = other ? division(form) : "";
  const asked = `${sku.value}:${form.elements.quantity.value}:${other}:${region}`;
  expected.value = "";
  form.dataset.asked = asked;
  try {
    const answer = await fetch(`${form.dataset.price}?sku=${sku.value}&quantity=${form.elements.quantity.value}${other ? `&region=${region}` : ""}`, { headers: { ...HEADERS, Accept: "application/json" } });
    const told = await answer.json();
    if (form.dataset.asked !== asked) return;
    if (!answer.ok || told.refusal) return say(form, told.refusal ?? told.error ?? "");
    say(form, told.blocked ? "店铺不往这个地区发货，请换一个收货地址。" : "");
    const unknown = other && !region;
    const rows = [["商品", yuan(told.goods)], ...told.discounts.map(([words, fen]) => [words, `-${yuan(fen)}`]), ["运费", unknown ? "选好地区后显示" : told.freight ? yuan(told.freight) : "包邮"]];
    lines.replaceChildren(...rows.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));
    lines.hidden = false;
    form.querySelector("[data-buy-total]").replaceChildren(price(told.payable));
    note.textContent = unknown ? "从虚拟钱包支付，选好地区后运费才准" : "从虚拟钱包支付";
    expected.value = unknown || told.blocked ? "" : told.payable;
  } catch {
    note.textContent = "从虚拟钱包支付，运费和优惠以订单为准";
  }
}

// The code of the district: '' until the last select that has choices is chosen.
function division(form) {
  const shown = [...form.querySelectorAll("[data-cascade] select")].filter((select) => !select.closest(".field").hidden);
  return shown.at(-1)?.value ?? "";
}

function address(form) {
  const other = form.querySelector("[data-other]");
  if (!other) return;
  const typed = form.querySelector("[data-address]:checked")?.value !== "default";
  other.hidden = !typed;
  for (const field of other.querySelectorAll("input")) field.disabled = !typed;
  for (const field of other.querySelectorAll("select")) field.disabled = !typed || (field.options.length <= 1);
}

function say(form, text) {
  const line = form.querySelector("[data-buy-error]");
  line.textContent = text;
  line.hidden = !text;
}

async function pay(form, dialog) {
  const button = form.querySelector(".buy-foot .btn");
  if (form.dataset.paying) return;
  form.dataset.paying = "1";
  button.classList.add("is-busy");
  say(form, "");
  try {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { ...HEADERS, Accept: "application/json" } });
    const body = await answer.json();
    if (!answer.ok) {
      if (body.code === "price_changed") await reckon(form);
      return say(form, body.error ?? "没有成功，请稍后再试。");
    }
    form.replaceWith(
      make(
        "div", { className: "bought" }, icon("circle-check"), make("p", { className: "bought-title", tabIndex: -1 }, "支付成功"),
        make("p", {}, "实付 ", price(body.payable)), make("p", { className: "muted" }, `订单号 ${body.number}`),
        make("p", { className: "bought-actions" }, make("a", { className: "btn", href: `/mall/orders/${body.order}`, target: "_blank", rel: "noopener" }, "查看订单"), make("button", { type: "button", className: "btn btn-primary", "data-close": "" }, "继续看直播")),
      ),
    );
    dialog.querySelector(".bought-title").focus();
  } catch {
    say(form, "网络不稳定，没有收到结果；再点一次“支付”不会重复扣款。");
  } finally {
    delete form.dataset.paying;
    button.classList.remove("is-busy");
  }
}

/** Open the buying sheet of an item. */
export async function openSheet(dialog, address_, opener) {
  const body = dialog.querySelector("[data-buy-body]");
  body.replaceChildren(make("div", { className: "skeleton", role: "status", ariaLabel: "正在载入" }, make("span"), make("span"), make("span")));
  if (!dialog.open) dialog.showModal();
  dialog.addEventListener("close", () => opener?.isConnected && opener.focus(), { once: true });
  try {
    const answer = await fetch(address_, { headers: { ...HEADERS, Accept: "text/html" } });
    if (!answer.ok) throw new Error((await answer.json()).error);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    body.replaceChildren(...page.body.childNodes);
  } catch (error) {
    body.replaceChildren(make("p", { className: "muted" }, error.message || "没有打开，请稍后再试。"));
    return;
  }
  const form = body.querySelector("form");
  startFields(body);
  startDialogs(body);
  cascades(body);
  total(form);
  address(form);
  reckon(form);
  let timer = 0;
  for (const kind of ["input", "change"]) {
    form.addEventListener(kind, (event) => {
      if (!["quantity", "sku", "address", "province", "city", "district"].includes(event.target.name)) return;
      total(form);
      if (event.target.name === "address") address(form);
      clearTimeout(timer);
      timer = setTimeout(() => reckon(form), 250);
    });
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopPropagation();
    pay(form, dialog);
  });
}
