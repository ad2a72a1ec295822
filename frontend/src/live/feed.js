// The order of a room's events (事件顺序): each seq once and in turn, whatever way it came.
const GAP_PATIENCE = 2000;

export class Feed {
  /**
   * @param {(kind: string, body: object) => void} show one event, in order
   * @param {() => void} ask for what is missing, from `last` on
   */
  constructor(show, ask) {
    this.show = show;
    this.ask = ask;
    this.last = 0;
    this.waiting = new Map();
    this.timer = 0;
  }

  /** Begin, or begin again, from a snapshot. */
  restart(body) {
    this.last = body.seq;
    for (const seq of this.waiting.keys()) if (seq <= this.last) this.waiting.delete(seq);
    this.show("snapshot", body);
    this.flush();
  }

  take(kind, body) {
    if (body.seq <= this.last) return;
    this.waiting.set(body.seq, [kind, body]);
    this.flush();
  }

  flush() {
    while (this.waiting.has(this.last + 1)) {
      const [kind, body] = this.waiting.get(this.last + 1);
      this.waiting.delete(this.last + 1);
      this.last += 1;
      this.show(kind, body);
    }
    clearTimeout(this.timer);
    if (this.waiting.size) this.timer = setTimeout(this.ask, GAP_PATIENCE);
  }
}
