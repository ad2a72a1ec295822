// What room and console share: the connection, the order of events, messages, likes, counters.
import { make } from "../behaviour/once.js";
import { toast } from "../behaviour/toasts.js";
import { Bag } from "./bag.js";
import { connect, send } from "./connection.js";
import { Feed } from "./feed.js";
import { Games } from "./games.js";
import { count, picture, price } from "./formats.js";
import { Hearts } from "./hearts.js";
import { Messages } from "./messages.js";
import { keepOrder } from "./order.js";
import { showSlide } from "./stage.js";

const MUTED_FOR_GOOD = 366 * 86_400_000;

export class Show {
  /** @param {(kind: string, body: object) => void} also told of every event, after it was shown */
  constructor(root, { open = () => {}, also = () => {} } = {}) {
    this.root = root;
    this.also = also;
    this.state = JSON.parse(root.querySelector("[data-live-state]").textContent);
    this.me = this.state.me;
    this.stage = root.querySelector("[data-stage]");
    this.likes = this.state.likes;
    this.messages = new Messages(root.querySelector("[data-messages]"), this.me.moderates, (id) => this.card(id));
    this.opens = open;
    this.hearts = new Hearts(root.querySelector("[data-hearts]"));
    this.bag = new Bag(root, open);
    this.games = new Games(root, this.me, (text) => this.messages.say(text));
    this.feed = new Feed((kind, body) => this.shown(kind, body), () => this.join());
    this.feed.restart(this.state);
    this.connect();
    this.listen();
    keepOrder(root, this.messages.list);
  }

  connect() {
    const link = this.root.querySelector("[data-link]");
    this.socket = connect("/live", (state) => {
      link.hidden = state === "online";
      if (state === "refused") {
        link.textContent = "登录已失效，请刷新页面重新登录。";
      } else link.textContent = "连接断开，正在重新连接…";
      if (state === "online") this.join();
    });
    this.socket.on("snapshot", (body) => {
      if (body.seq >= this.feed.last) this.feed.restart(body);
    });
    this.socket.on("notice", (body) => {
      if (body.kind === "out") this.leave(body.reason);
    });
    for (const kind of ["tick", "pin", "item", "notice", "ended"]) this.socket.on(kind, (body) => this.feed.take(kind, body));
  }

  leave(reason) {
    this.out = true;
    this.socket.disconnect();
    const line = this.root.querySelector("[data-link]");
    line.textContent = reason;
    line.hidden = false;
    this.also("out", { reason });
  }

  card(id) {
    const item = this.bag?.items.get(id);
    if (!item) return null;
    const button = make("button", { type: "button", className: "msg-card" }, make("img", { src: picture("product", item.title, item.category), alt: "", width: 40, height: 40 }), make("span", {}, item.title), price(item.price));
    button.addEventListener("click", () => this.opens(this.bag.items.get(id)));
    return button;
  }

  async join() {
    const answer = await send(this.socket, "join", { room: Number(this.root.dataset.number), last_seq: this.feed.last });
    if (!answer.ok && answer.code === "forbidden") return this.leave(answer.error);
    if (answer.ok) this.setMuted(answer.me.muted_until);
    else if (answer.code !== "offline") toast(answer.error, "danger");
  }

  shown(kind, body) {
    this[`on_${kind}`]?.(body);
    this.also(kind, body);
  }

  on_snapshot(body) {
    this.messages.reset(body.comments);
    this.bag.reset(body.items, body.pinned);
    this.games.reset(body.games);
    this.setRules(body.rules);
    showSlide(this.stage, body.slide);
    this.count(body.viewers, body.likes);
    this.setState(body.room.state);
    this.setMuted(body.me.muted_until);
  }

  on_tick(body) {
    this.messages.add(body.comments);
    this.bag.sold(body.sold);
    if (body.likes > this.likes) this.hearts.float(Math.min(6, body.likes - this.likes));
    this.count(body.viewers, body.likes);
    for (const row of body.sold) {
      if (row.who.length) this.messages.say(`${row.who.join("、")} 买了 ${this.bag.items.get(row.item)?.title ?? "商品"}`);
    }
    if (body.entered?.length) this.welcome(body.entered);
  }

  on_pin(body) {
    this.bag.pin(body.item);
  }

  on_item(body) {
    this.bag.change(body);
  }

  on_notice(body) {
    if (body.kind === "state") this.setState(body.state);
    if (body.kind === "slide") showSlide(this.stage, body.slide);
    if (body.kind === "hidden") this.messages.hide(body.comment);
    if (body.kind === "muted") {
      this.messages.say(`${body.who} 被禁言${body.minutes ? ` ${body.minutes} 分钟` : ""}`);
      if (body.account === this.me.account) this.setMuted(body.until);
    }
    for (const [kind, name] of [["packet", "packets"], ["lot", "lots"], ["poll", "polls"], ["coupon", "coupons"]]) {
      if (body.kind === kind) this.games.take(name, body[kind], body);
    }
    if (body.kind === "rules") {
      this.setRules(body);
      this.messages.say(body.quiet ? "主播关闭了发言。" : body.slow ? `慢速模式：每 ${body.slow} 秒可以发一条。` : "发言恢复正常。");
    }
    if (body.kind === "removed") this.messages.say(`${body.who} 被移出直播间`);
    if (body.kind === "unmuted" && body.account === this.me.account) this.setMuted(null);
  }

  on_ended(body) {
    this.setState(body.stopped ? "banned" : "ended");
    this.messages.say(body.stopped ? `直播间已被讲师停播：${body.stopped}` : "直播已结束，感谢观看。");
  }

  count(viewers, likes) {
    this.likes = likes;
    for (const place of this.root.querySelectorAll("[data-viewers]")) place.textContent = count(viewers);
    for (const place of this.root.querySelectorAll("[data-likes]")) place.textContent = count(likes);
  }

  welcome(names) {
    const line = this.root.querySelector("[data-joined]");
    if (!line) return;
    line.textContent = `${names.at(-1)} 来了`;
    line.classList.remove("is-new");
    requestAnimationFrame(() => line.classList.add("is-new"));
  }

  setRules(rules) {
    this.quiet = Boolean(rules?.quiet) && this.me.role === "viewer";
    this.setMuted(this.mutedUntil ?? null);
  }

  setState(state) {
    this.root.dataset.state = state;
  }

  setMuted(until) {
    const field = this.root.querySelector("[data-say] input");
    this.mutedUntil = until;
    clearTimeout(this.unmute);
    const left = until ? new Date(until) - Date.now() : 0;
    field.dataset.free ??= field.placeholder;
    field.disabled = left > 0 || this.quiet || ["ended", "banned"].includes(this.root.dataset.state);
    field.placeholder = left > 0 ? "你已被禁言" : this.quiet ? "主播关闭了发言" : field.dataset.free;
    if (left > 0 && left < MUTED_FOR_GOOD) this.unmute = setTimeout(() => this.setMuted(null), Math.min(left, 2 ** 31 - 1));
  }

  listen() {
    this.root.querySelector("[data-say]").addEventListener("submit", async (event) => {
      event.preventDefault();
      const field = event.target.elements.text;
      const text = field.value.trim();
      if (!text) return field.focus();
      const key = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
      field.value = "";
      const answer = await send(this.socket, "comment", { text, key });
      if (answer.ok && answer.held) toast("消息里有敏感内容，主播审核后才会显示。", "warning");
      if (!answer.ok) {
        if (!field.value) field.value = text;
        toast(answer.error, "warning");
      }
      field.focus();
      this.messages.follow();
    });
  }
}
