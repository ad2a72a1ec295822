// The load client (压测客户端): one process, at most 12,000 sockets on loopback, speaking Socket.IO over WebSocket.
// It reads one JSON line from standard input, then commands; it prints one JSON line per answer.
// {port, namespace, room, tickets: [..], spread: seconds to connect in, deaf: share that stops reading}
// Commands, one per line: connect · measure <seconds> <writers> · quit. Node raises its soft file limit by itself.
import { execSync } from "node:child_process";
import net from "node:net";
import readline from "node:readline";

const MOST = 12_000;
const ESTABLISHED = Buffer.from("\r\n\r\n");
const SEQ = Buffer.from('"seq":');
const AT = Buffer.from('"at":');
const TICK = Buffer.from('["tick"');

const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
const now = () => performance.timeOrigin + performance.now();

function frame(text) {
  const body = Buffer.from(text);
  const head = body.length < 126 ? Buffer.alloc(6) : Buffer.alloc(8);
  head[0] = 0x81;
  if (body.length < 126) head[1] = 0x80 | body.length;
  else {
    head[1] = 0x80 | 126;
    head.writeUInt16BE(body.length, 2);
  }
  return Buffer.concat([head, body]); // the mask is zero: the body stays as it is
}

function digits(bytes, from) {
  let value = 0;
  let place = from;
  for (; bytes[place] >= 48 && bytes[place] <= 57; place += 1) value = value * 10 + bytes[place] - 48;
  return value;
}

class Crowd {
  constructor(plan) {
    this.plan = plan;
    this.viewers = [];
    this.joined = 0;
    this.failed = 0;
    this.setUp = [];
    this.reset();
  }

  reset() {
    this.ticks = 0;
    this.events = 0;
    this.gaps = 0;
    this.twice = 0;
    this.lags = [];
    this.acks = [];
    this.refused = 0;
    this.lost = 0;
  }

  connect() {
    const { tickets, spread } = this.plan;
    return new Promise((done) => {
      this.whenAll = done;
      tickets.slice(0, MOST).forEach((ticket, index) => {
        setTimeout(() => this.open(ticket, index), (spread * 1000 * index) / tickets.length);
      });
    });
  }

  open(ticket, index) {
    const viewer = { ticket, index, state: 0, rest: null, last: this.viewers[index]?.last ?? 0, sent: new Map(), id: 1, begun: now() };
    this.viewers[index] = viewer;
    const socket = net.connect({ port: this.plan.port, host: "127.0.0.1", noDelay: true });
    viewer.socket = socket;
    socket.on("connect", () => socket.write(
      `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:${this.plan.port}\r\nUpgrade: websocket\r\n`
      + "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    ));
    socket.on("data", (bytes) => this.take(viewer, bytes));
    socket.on("error", () => {});
    socket.on("close", () => {
      viewer.state = 9;
      this.lost += 1;
      if (viewer.joinedAt || viewer.over || this.stopping) return;
      this.failed += 1; // refused or cut off before it was in: try again, as a browser does
      setTimeout(() => this.open(ticket, index), 500 + Math.random() * 2500);
    });
  }

  take(viewer, chunk) {
    let bytes = viewer.rest ? Buffer.concat([viewer.rest, chunk]) : chunk;
    viewer.rest = null;
    if (viewer.state === 0) {
      const end = bytes.indexOf(ESTABLISHED);
      if (end < 0) {
        viewer.rest = bytes;
        return;
      }
      viewer.state = 1;
      bytes = bytes.subarray(end + 4);
    }
    let at = 0;
    while (bytes.length - at >= 2) {
      let length = bytes[at + 1];
      let head = 2;
      if (length === 126) {
        if (bytes.length - at < 4) break;
        length = bytes.readUInt16BE(at + 2);
        head = 4;
      } else if (length === 127) {
        if (bytes.length - at < 10) break;
        length = Number(bytes.readBigUInt64BE(at + 2));
        head = 10;
      }
      if (bytes.length - at < head + length) break;
      this.packet(viewer, bytes.subarray(at + head, at + head + length));
      at += head + length;
    }
    if (at < bytes.length) viewer.rest = Buffer.from(bytes.subarray(at));
  }

  packet(viewer, bytes) {
    if (bytes[0] === 50) return viewer.socket.write(frame("3")); // ping
    if (bytes[0] === 48) return viewer.socket.write(frame(`40${this.plan.namespace},${JSON.stringify({ ticket: viewer.ticket })}`));
    if (bytes[0] !== 52) return undefined;
    if (bytes[1] === 50) return this.event(viewer, bytes);
    if (bytes[1] === 51) return this.answer(viewer, bytes);
    if (bytes[1] === 48) return viewer.socket.write(frame(`42${this.plan.namespace},0${JSON.stringify(["join", { room: this.plan.room, last_seq: viewer.last }])}`));
    return undefined;
  }

  event(viewer, bytes) {
    const place = bytes.indexOf(SEQ);
    if (place < 0) return;
    const seq = digits(bytes, place + 6);
    this.events += 1;
    const tick = bytes.indexOf(TICK) >= 0;
    if (bytes.indexOf('["snapshot"') >= 0) viewer.last = seq;
    else {
      if (seq <= viewer.last) this.twice += 1;
      else if (seq !== viewer.last + 1) this.gaps += 1;
      viewer.last = Math.max(viewer.last, seq);
    }
    if (tick && this.measuring) {
      this.ticks += 1;
      const when = bytes.indexOf(AT);
      if (when >= 0) this.lags.push(now() - digits(bytes, when + 5));
    }
  }

  answer(viewer, bytes) {
    const text = bytes.toString();
    const open = text.indexOf("[");
    const id = Number(text.slice(text.indexOf(",") + 1, open));
    const ok = text.includes('"ok":true');
    if (id === 0) {
      if (!ok) {
        this.failed += 1;
        this.why = text;
        return;
      }
      viewer.state = 2;
      viewer.joinedAt = now();
      this.setUp.push(viewer.joinedAt - viewer.begun);
      this.joined += 1;
      if (viewer.index < this.plan.tickets.length * this.plan.deaf) viewer.socket.pause();
      if (this.joined === Math.min(this.plan.tickets.length, MOST)) this.whenAll();
      return;
    }
    if (!ok) {
      this.refused += 1;
      this.why = text;
    }
    const sent = viewer.sent.get(id);
    viewer.sent.delete(id);
    if (sent) this.acks.push(now() - sent);
  }

  emit(viewer, event, body) {
    if (viewer.state !== 2) return;
    const id = viewer.id++;
    viewer.sent.set(id, now());
    viewer.socket.write(frame(`42${this.plan.namespace},${id}${JSON.stringify([event, body])}`));
  }

  async measure(seconds, writers) {
    this.reset();
    this.measuring = true;
    const started = now();
    const deaf = Math.ceil(this.plan.tickets.length * this.plan.deaf);
    const crowd = this.viewers.slice(deaf, deaf + writers);
    let turn = 0;
    const turns = setInterval(() => {
      // each writes every four seconds and likes once a second; a tenth of them at a time, for a crowd has no metronome
      crowd.forEach((viewer, index) => {
        if (index % 10 !== turn % 10) return;
        const words = Math.floor(turn / 10);
        if ((words + Math.floor(index / 10)) % 4 === 0) this.emit(viewer, "comment", { text: `这个颜色还有货吗 ${words}`, key: `${viewer.index}-${words}-${started}` });
        this.emit(viewer, "like", { n: 3 });
      });
      turn += 1;
    }, 100);
    await new Promise((done) => setTimeout(done, seconds * 1000));
    clearInterval(turns);
    this.measuring = false;
    await new Promise((done) => setTimeout(done, 1000));
    const spread = (values) => {
      const sorted = Float64Array.from(values).sort();
      const pick = (share) => (sorted.length ? Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] * 10) / 10 : null);
      return { count: sorted.length, p50: pick(0.5), p99: pick(0.99), max: pick(0.9999) };
    };
    return {
      seconds: (now() - started) / 1000 - 1, viewers: this.joined, ticks: this.ticks, events: this.events, gaps: this.gaps, twice: this.twice,
      lag: spread(this.lags), ack: spread(this.acks), refused: this.refused, lost: this.lost, why: this.why,
    };
  }
}

const lines = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const plan = JSON.parse((await lines.next()).value);
const allowed = Number(execSync("ulimit -n", { shell: "/bin/sh" }).toString());
if (allowed && allowed < Math.min(plan.tickets.length, MOST) + 100) {
  say({ error: `the hard limit of open files is ${allowed}: too low for ${plan.tickets.length} viewers (ulimit -Hn)` });
  process.exit(3);
}
const crowd = new Crowd(plan);
for await (const line of lines) {
  const [word, ...numbers] = line.split(" ");
  if (word === "connect") {
    const begun = now();
    await crowd.connect();
    const sorted = crowd.setUp.sort((a, b) => a - b);
    say({ joined: crowd.joined, failed: crowd.failed, seconds: (now() - begun) / 1000, p99: sorted[Math.floor(sorted.length * 0.99)], why: crowd.why });
  } else if (word === "again") {
    // the server comes back: all reconnect, spread at random over the seconds given
    crowd.reset();
    crowd.joined = 0;
    crowd.failed = 0;
    crowd.setUp = [];
    const begun = now();
    await new Promise((done) => {
      crowd.whenAll = done;
      crowd.viewers.forEach((viewer, index) => {
        viewer.over = true;
        viewer.socket.destroy();
        setTimeout(() => crowd.open(viewer.ticket, index), Math.random() * Number(numbers[0]) * 1000);
      });
    });
    const sorted = crowd.setUp.sort((a, b) => a - b);
    say({ joined: crowd.joined, failed: crowd.failed, seconds: (now() - begun) / 1000, p99: sorted[Math.floor(sorted.length * 0.99)], gaps: crowd.gaps, twice: crowd.twice, why: crowd.why });
  } else if (word === "measure") say(await crowd.measure(Number(numbers[0]), Number(numbers[1])));
  else if (word === "memory") say({ rss: process.memoryUsage().rss });
  else break;
}
crowd.stopping = true;
process.exit(0);
