// The messages of a room (互动消息): they rise, the newest below; who scrolls up is left in peace.
import { make } from "../behaviour/once.js";

const KEPT = 120;
const TAGS = { host: ["主播", "msg-tag"], assistant: ["场控", "msg-tag"], operator: ["运营", "msg-tag"], teacher: ["讲师", "msg-tag msg-tag-teacher"] };

export class Messages {
  constructor(list, moderates, card = () => null) {
    this.list = list;
    this.card = card;
    this.moderates = moderates;
    this.shown = new Set([...list.querySelectorAll("[data-comment]")].map((row) => Number(row.dataset.comment)));
    for (const row of list.querySelectorAll("[data-comment]")) this.arm(row);
    this.follow();
  }

  get atEnd() {
    return this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < 48;
  }

  follow() {
    this.list.scrollTop = this.list.scrollHeight;
  }

  arm(row) {
    if (!this.moderates || !row.classList.contains("msg")) return;
    const text = row.querySelector(".msg-text");
    text.setAttribute("role", "button");
    text.tabIndex = 0;
  }

  add(comments) {
    const following = this.atEnd;
    for (const comment of comments) {
      if (this.shown.has(comment.id)) continue;
      this.shown.add(comment.id);
      const words = make("span", { className: "msg-text" });
      const tag = TAGS[comment.role];
      if (tag) words.append(make("span", { className: tag[1] }, tag[0]));
      words.append(make("b", {}, comment.who), comment.text);
      const card = comment.item ? this.card(comment.item) : null;
      const row = make("div", { className: `msg msg-${comment.role}` }, words, ...(card ? [card] : []));
      row.dataset.comment = comment.id;
      row.dataset.account = comment.account;
      this.arm(row);
      this.list.append(row);
    }
    this.trim(following);
  }

  say(text) {
    const following = this.atEnd;
    this.list.append(make("div", { className: "msg msg-system" }, make("span", { className: "msg-text" }, text)));
    this.trim(following);
  }

  trim(following) {
    while (this.list.children.length > KEPT) this.list.firstElementChild.remove();
    if (following) this.follow();
  }

  hide(commentId) {
    this.list.querySelector(`[data-comment="${commentId}"]`)?.remove();
  }

  reset(comments) {
    const kept = new Set(comments.map((comment) => comment.id));
    for (const row of this.list.querySelectorAll("[data-comment]")) {
      if (!kept.has(Number(row.dataset.comment))) row.remove();
    }
    this.add(comments);
  }
}
