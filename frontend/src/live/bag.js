// The product bag (小黄车): the list in its sheet, and the card of the item that is being explained.
import { make } from "../behaviour/once.js";
import { count, icon, picture, price } from "./formats.js";

const WORDS = { locked: "待开售", on: "去抢购" };

function opening(moment) {
  return `${new Date(moment).toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", second: "2-digit" })} 开抢`;
}

export class Bag {
  /** @param {(item: object) => void} open the buying sheet of an item */
  constructor(root, open) {
    this.root = root;
    this.open = open;
    this.items = new Map();
    this.pinned = null;
    this.list = root.querySelector("[data-bag]");
    this.card = root.querySelector("[data-card]");
    this.list?.addEventListener("click", (event) => {
      const row = event.target.closest("[data-item]");
      if (row) this.open(this.items.get(Number(row.dataset.item)));
    });
    if (this.card?.matches("button")) this.card.addEventListener("click", () => this.open(this.items.get(this.pinned)));
  }

  reset(items, pinned) {
    this.items = new Map(items.map((item) => [item.id, item]));
    this.pinned = pinned;
    this.draw();
  }

  change(body) {
    if (body.change === "removed") this.items.delete(body.item.id);
    else this.items.set(body.item.id, body.item);
    this.draw();
  }

  pin(item) {
    this.pinned = item?.id ?? null;
    if (item) this.items.set(item.id, item);
    this.draw();
  }

  sold(rows) {
    for (const row of rows) {
      const item = this.items.get(row.item);
      if (item) Object.assign(item, { sold: row.sold, left: row.left });
    }
    if (rows.length) this.draw();
  }

  draw() {
    const items = [...this.items.values()].sort((a, b) => a.no - b.no);
    const counter = this.root.querySelector("[data-bag-count]");
    if (counter) counter.textContent = items.length;
    const words = this.root.querySelector("[data-bag-words]");
    if (words) words.textContent = `共 ${items.length} 件`;
    this.list?.replaceChildren(...(items.length ? items.map((item) => this.row(item)) : [this.empty()]));
    this.drawCard();
  }

  empty() {
    return make("li", { className: "bag-empty" }, "主播还没有上架商品，先聊聊天吧。");
  }

  row(item) {
    const explained = item.id === this.pinned;
    const cost = make("span", { className: "bag-price" }, price(item.price));
    if (item.several) cost.append(make("small", {}, "起"));
    if (item.was > item.price) cost.append(make("s", {}, `¥${(item.was / 100).toFixed(2)}`));
    const button = make(
      "button", { type: "button", className: "bag-item" },
      make("span", { className: "bag-picture" }, make("img", { src: picture("product", item.title, item.category), alt: "", loading: "lazy" }), make("span", { className: "no" }, String(item.no))),
      make(
        "span", { className: "bag-words" },
        make("span", { className: "bag-title" }, item.title),
        make("span", { className: "bag-facts" }, ...(explained ? [make("span", { className: "bag-live" }, "讲解中")] : []), `已售 ${count(item.sold)}`, item.left !== null ? ` · 仅剩 ${item.left} 件` : "", item.limit ? ` · 限购 ${item.limit} 件` : ""),
        make("span", { className: "bag-line" }, cost, make("span", { className: `bag-buy${item.status === "locked" ? " is-locked" : ""}` }, item.opens ? opening(item.opens) : item.left === 0 ? "抢光了" : WORDS[item.status] ?? "看看")),
      ),
    );
    button.dataset.item = item.id;
    return make("li", {}, button);
  }

  drawCard() {
    if (!this.card) return;
    const item = this.items.get(this.pinned);
    this.card.hidden = !item;
    if (!item) return this.card.replaceChildren();
    const key = JSON.stringify([item.id, item.price, item.sold, item.status, item.left]);
    if (this.card.dataset.key === key) return;
    this.card.dataset.key = key;
    const state = make("span", { className: "card-live" }, icon("speakerphone"), "讲解中");
    this.card.replaceChildren(
      make("img", { src: picture("product", item.title, item.category), alt: "" }),
      make("span", { className: "card-words" }, state, make("span", { className: "card-title" }, item.title), make("span", { className: "card-line" }, price(item.price), make("span", { className: `bag-buy${item.status === "locked" ? " is-locked" : ""}` }, item.status === "locked" ? "待开售" : item.left === 0 ? "抢光了" : "抢"))),
    );
  }
}
