// The chat (客服聊天): enhances a page whose form sends and whose reload reads. One connection; while it is down the
// page asks every few seconds. A message is shown once, whichever way it came.
import { connect, send } from "../live/connection.js";
import { post } from "./posting.js";

const POLL = 4000;
const TYPING = 2500;

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

class Chat {
  constructor(root) {
    this.root = root;
    this.thread = Number(root.dataset.thread);
    this.side = root.dataset.side;
    this.seq = Number(root.dataset.seq);
    this.log = root.querySelector("[data-chat-log]");
    this.form = root.querySelector("[data-chat-form]");
    this.state = root.querySelector("[data-chat-state]");
    this.risk = root.querySelector("[data-chat-risk]");
    this.typing = root.querySelector("[data-chat-typing]");
    this.shown = new Set([...this.log.querySelectorAll("[data-seq]")].map((row) => Number(row.dataset.seq)));
    this.online = false;
    this.toEnd();
    this.form.addEventListener("submit", (event) => this.submit(event));
    const box = this.form.elements.text;
    box.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.form.requestSubmit();
      }
    });
    box.addEventListener("input", () => this.tellTyping());
    this.socket = connect("/service", (state) => this.changed(state));
    this.socket.on("message", (message) => message.thread === this.thread && this.show(message));
    this.socket.on("typing", () => this.showTyping());
    setInterval(() => !this.online && this.poll(), POLL);
    document.addEventListener("visibilitychange", () => document.hidden || this.read());
    this.root.dataset.live = "no";
    this.anyway();
  }

  async changed(state) {
    if (state !== "online") {
      this.online = false;
      this.root.dataset.live = "no";
      return;
    }
    const answer = await send(this.socket, "join", { thread: this.thread, last_seq: this.seq, side: this.side });
    if (!answer.ok) return;
    for (const message of answer.missed) this.show(message);
    this.online = true;
    this.root.dataset.live = "yes";
    this.read();
  }

  async poll() {
    try {
      const answer = await fetch(`${this.root.dataset.base}/after?seq=${this.seq}`, { headers: { Accept: "application/json" } });
      if (!answer.ok) return;
      for (const message of (await answer.json()).messages) this.show(message);
    } catch {
      // the network is down: the next turn asks again
    }
  }

  show(message) {
    if (this.shown.has(message.seq)) return;
    this.shown.add(message.seq);
    this.seq = Math.max(this.seq, message.seq);
    this.root.querySelector("[data-chat-empty]")?.remove();
    const row = this.row(message);
    row.dataset.seq = message.seq;
    const later = [...this.log.children].find((other) => Number(other.dataset.seq) > message.seq);
    this.log.insertBefore(row, later ?? null);
    if (this.typing) this.typing.hidden = true;
    this.toEnd();
    this.read();
  }

  row(message) {
    if (message.sender === "system") return element("li", `chat-note${message.for_shop ? " is-shop" : ""}`, message.text);
    const ours = this.side === "shop" ? ["seller", "robot"] : ["buyer"];
    const row = element("li", `chat-row${ours.includes(message.sender) ? " is-mine" : ""}`);
    const bubble = element("div", "chat-bubble");
    if (message.kind === "text") bubble.textContent = message.text;
    else if (message.kind === "image") bubble.append(this.image(message));
    else bubble.append(this.card(message));
    row.append(bubble, element("span", "chat-at", (message.sender === "robot" ? "自动回复 · " : "") + message.at));
    return row;
  }

  image(message) {
    const link = element("a");
    link.href = this.root.dataset.images + message.id;
    const picture = element("img", "chat-image");
    picture.src = link.href;
    picture.alt = "图片消息";
    link.append(picture);
    return link;
  }

  card({ kind, card, id }) {
    if (kind === "coupon" && this.side === "buyer") return this.coupon(card, id);
    const link = element("a", "chat-card");
    link.href = this.side === "shop" && card.seller_url ? card.seller_url : card.url;
    const picture = element("img");
    Object.assign(picture, { src: card.picture, alt: "", width: 56, height: 56 });
    const words = element("span");
    words.append(element("b", "", card.title));
    if (kind === "order") words.append(element("small", "", `订单 ${card.number} · ${card.state} · ${card.count} 件`));
    if (kind === "coupon") words.append(element("small", "", card.words));
    else words.append(element("span", "chat-price", `¥${card.price}`));
    link.append(picture, words);
    return link;
  }

  coupon(card, id) {
    const box = element("div", "chat-card");
    const picture = element("img");
    Object.assign(picture, { src: card.picture, alt: "", width: 56, height: 56 });
    const words = element("span");
    const button = element("button", "btn btn-sm btn-primary", "领取优惠券");
    button.type = "button";
    button.addEventListener("click", async () => {
      button.disabled = true;
      const url = `${this.root.dataset.base}/coupons/${id}`;
      const answer = await post(url, { key: `${this.form.elements.key.value}-coupon-${id}` });
      if (answer.ok) button.textContent = "已领取";
      else {
        button.disabled = false;
        this.refused(answer, "");
      }
    });
    words.append(element("b", "", card.title), element("small", "", card.words), button);
    box.append(picture, words);
    return box;
  }

  async submit(event) {
    event.preventDefault();
    const box = this.form.elements.text;
    const text = box.value.trim();
    if (!text) return;
    const key = `${this.form.elements.key.value}-${crypto.randomUUID().slice(0, 8)}`;
    box.value = "";
    const answer = await this.deliver({ text, key });
    if (answer.ok) {
      this.show(answer.message);
      if (this.risk) this.risk.hidden = true;
      return;
    }
    if (!box.value) box.value = text;
    this.refused(answer, text);
  }

  deliver(words) {
    if (this.online) return send(this.socket, "say", words);
    return post(`${this.root.dataset.base}/say`, words);
  }

  refused(answer, text) {
    if (this.risk && answer.code === "rule_risk") {
      this.risk.querySelector("[data-chat-risk-text]").textContent = `${answer.error}（模拟处罚，不影响真实账号）`;
      this.risk.querySelector("[name=text]").value = text;
      this.risk.hidden = false;
      return;
    }
    const note = element("li", "chat-note", answer.error);
    note.setAttribute("role", "alert");
    this.log.append(note);
    this.toEnd();
    setTimeout(() => note.remove(), 8000);
  }

  anyway() {
    const form = this.root.querySelector("[data-chat-anyway]");
    form?.addEventListener("submit", async (event) => {
      event.preventDefault();
      const key = `${form.elements.key.value}-${crypto.randomUUID().slice(0, 8)}`;
      const answer = await post(form.action, { text: form.elements.text.value, key, accept: "1" });
      if (answer.ok) {
        this.show(answer.message);
        this.form.elements.text.value = "";
        this.risk.hidden = true;
      } else this.refused({ ...answer, code: "" }, "");
    });
  }

  tellTyping() {
    const now = Date.now();
    if (!this.online || now - (this.typedAt ?? 0) < TYPING) return;
    this.typedAt = now;
    this.socket.emit("typing", {});
  }

  showTyping() {
    if (!this.typing) return;
    this.typing.hidden = false;
    clearTimeout(this.typingTimer);
    this.typingTimer = setTimeout(() => (this.typing.hidden = true), TYPING + 500);
  }

  read() {
    if (document.hidden || this.readTo === this.seq) return;
    this.readTo = this.seq;
    if (this.online) this.socket.emit("read", { seq: this.seq });
    else post(`${this.root.dataset.base}/read`, { seq: String(this.seq) });
  }

  toEnd() {
    this.log.scrollTop = this.log.scrollHeight;
  }
}

/** Keep the list of the desk fresh: a new question shows its text and count, an unknown conversation a link. */
function startDesk(root, socket) {
  const seat = () => send(socket, "desk", {});
  socket.on("connect", seat);
  if (socket.connected) seat();
  socket.on("session", (line) => {
    const link = root.querySelector(`[data-thread-line="${line.thread}"]`);
    if (!link) {
      if (!root.querySelector("[data-desk-new]")) {
        const note = element("li");
        const again = element("a", "", "有新的会话，点这里刷新");
        again.href = location.pathname + location.search;
        again.dataset.deskNew = "";
        note.append(again);
        root.querySelector("[data-desk-lines]").prepend(note);
      }
      return;
    }
    link.querySelector("[data-line-text]").textContent = line.text;
    const open = root.querySelector("[data-chat]");
    if (open && Number(open.dataset.thread) === line.thread) return;
    let count = link.querySelector("[data-line-unread]");
    if (!count) {
      count = element("span", "count");
      count.dataset.lineUnread = "";
      link.querySelector(".chat-list-end").append(count);
    }
    count.textContent = line.unread || "";
  });
}

const root = document.querySelector("[data-chat]");
const chat = root ? new Chat(root) : null;
const desk = document.querySelector("[data-desk]");
if (desk) startDesk(desk, chat ? chat.socket : connect("/service", () => {}));
for (const button of document.querySelectorAll("[data-phrase]")) {
  button.addEventListener("click", () => {
    const box = document.getElementById("chat-text");
    box.value = box.value ? `${box.value}${button.dataset.phrase}` : button.dataset.phrase;
    box.focus();
  });
}
