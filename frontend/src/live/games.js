// Games in the room (红包、福袋、投票、优惠券): chips at the side, a dialog for each; results are told to everybody.
import { make } from "../behaviour/once.js";
import { toast } from "../behaviour/toasts.js";
import { icon, yuan } from "./formats.js";
import { post } from "./posting.js";

const key = () => crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
const KINDS = { packets: ["gift", "红包"], lots: ["confetti", "福袋"], polls: ["chart-pie", "投票"], coupons: ["ticket", "优惠券"] };

export class Games {
  constructor(root, me, say) {
    this.root = root;
    this.me = me;
    this.say = say;
    this.url = root.dataset.url;
    this.rail = root.querySelector("[data-games]");
    this.dialog = root.querySelector("[data-game]");
    this.rows = new Map();
    this.done = new Set();
    if (this.rail) setInterval(() => this.tick(), 1000);
  }

  reset(games) {
    this.rows.clear();
    for (const kind of Object.keys(KINDS)) for (const row of games?.[kind] ?? []) this.rows.set(`${kind}:${row.id}`, { kind, row });
    this.draw();
  }

  take(kind, row, more) {
    const name = `${kind}:${row.id}`;
    if (row.state === "open") {
      const fresh = !this.rows.has(name);
      this.rows.set(name, { kind, row });
      if (fresh && kind === "packets") this.say(`主播发了一个 ${yuan(row.total)} 的红包：${row.words}`);
      if (fresh && kind === "lots") this.say(`主播发了福袋：${row.prize}`);
      if (fresh && kind === "polls") this.say(`投票：${row.question}`);
      if (fresh && kind === "coupons") this.say(`主播发了优惠券：${row.words}`);
    } else {
      this.rows.delete(name);
      this.over(kind, row, more);
    }
    this.draw();
  }

  over(kind, row, more) {
    if (kind === "packets") this.say(`红包领完了${more.best ? `，手气最佳是 ${more.best}` : ""}`);
    if (kind === "lots") {
      const names = more.won?.names ?? [];
      this.say(names.length ? `福袋开奖：${names.join("、")} 抽中 ${row.prize}` : `福袋开奖：没有人参与，奖品退回主播`);
      if (more.won?.accounts.includes(this.me.account)) toast(`恭喜你抽中 ${row.prize}，${yuan(row.value)} 已存入钱包。`);
    }
    if (kind === "polls" && row.votes) this.say(`投票结果：${row.options.map((option, place) => `${option} ${row.votes[place]} 票`).join("，")}`);
    if (this.dialog?.open && this.dialog.dataset.name === `${kind}:${row.id}`) this.dialog.close();
  }

  left(row) {
    if (!row.ends) return row.words;
    const seconds = Math.max(0, Math.round((new Date(row.ends) - Date.now()) / 1000));
    return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  }

  tick() {
    for (const chip of this.rail.querySelectorAll("[data-name]")) {
      const found = this.rows.get(chip.dataset.name);
      if (found) chip.querySelector("small").textContent = this.left(found.row);
    }
  }

  draw() {
    if (!this.rail) return;
    this.rail.replaceChildren(...[...this.rows].map(([name, { kind, row }]) => {
      const chip = make("button", { type: "button", className: `game game-${kind}${this.done.has(name) ? " is-done" : ""}` }, icon(KINDS[kind][0]), make("b", {}, KINDS[kind][1]), make("small", {}, this.left(row)));
      chip.dataset.name = name;
      chip.addEventListener("click", () => this.open(name));
      return chip;
    }));
  }

  open(name) {
    const found = this.rows.get(name);
    if (!found || !this.dialog) return;
    const { kind, row } = found;
    this.dialog.dataset.name = name;
    const body = this.dialog.querySelector("[data-game-body]");
    this.dialog.querySelector("h2").textContent = KINDS[kind][1];
    body.replaceChildren(...this[`face_${kind}`](row, name));
    if (!this.dialog.open) this.dialog.showModal();
  }

  async act(name, path, fields, after) {
    const answer = await post(`${this.url}/${path}`, { key: key(), ...fields });
    if (!answer.ok) {
      toast(answer.error, "warning");
      if (["taken", "voted", "coupon_had"].includes(answer.code)) this.done.add(name);
    } else {
      this.done.add(name);
      after(answer);
    }
    this.draw();
  }

  button(text, act) {
    const button = make("button", { type: "button", className: "btn btn-primary btn-lg btn-block" }, text);
    button.addEventListener("click", async () => {
      button.disabled = true;
      await act();
      button.disabled = false;
    });
    return button;
  }

  face_packets(row, name) {
    const words = make("p", { className: "game-words" }, row.words);
    const facts = make("p", { className: "muted" }, `共 ${yuan(row.total)}，${row.pieces} 个，每人一个`);
    if (this.done.has(name)) return [words, facts, make("p", {}, "你已经领过了。")];
    return [words, facts, this.button("抢红包", () => this.act(name, `packets/${row.id}/grab`, {}, (answer) => {
      this.dialog.querySelector("[data-game-body]").replaceChildren(make("p", { className: "game-won" }, yuan(answer.amount)), make("p", {}, "已存入你的钱包"));
    }))];
  }

  face_coupons(row, name) {
    const parts = [make("p", { className: "game-words" }, row.words), make("p", { className: "muted" }, `每人限领 ${row.each} 张，下单时自动使用`)];
    if (this.done.has(name)) return [...parts, make("p", {}, "已经领到，去小黄车选商品吧。")];
    return [...parts, this.button("立即领取", () => this.act(name, `coupons/${row.id}/claim`, {}, () => this.open(name)))];
  }

  face_lots(row, name) {
    const how = { none: "点一下就能参与", follow: "关注店铺后参与", phrase: `发送口令“${row.phrase}”后参与` }[row.condition];
    const parts = [
      make("p", { className: "game-words" }, row.prize), make("p", { className: "muted" }, `每份 ${yuan(row.value)}，抽 ${row.winners} 人；${how}，到时间自动开奖`),
    ];
    if (this.done.has(name)) return [...parts, make("p", {}, "你已参与，等待开奖。")];
    return [...parts, this.button("参与福袋", () => this.act(name, `lots/${row.id}/enter`, {}, () => this.open(name)))];
  }

  face_polls(row, name) {
    const question = make("p", { className: "game-words" }, row.question);
    if (this.done.has(name)) return [question, make("p", {}, "你已投票，结束后公布结果。")];
    return [question, ...row.options.map((option, choice) => this.button(option, () => this.act(name, `polls/${row.id}/vote`, { choice }, () => this.open(name))))];
  }
}
