// The official socket.io client (npm) as a viewer of a live room. Argument: {"port", "room", "ticket"} as JSON.
// Prints one JSON object with all that it was told and answered; the test judges it.
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const { io } = createRequire(fileURLToPath(new URL("../../frontend/package.json", import.meta.url)))("socket.io-client");
const { port, room, ticket } = JSON.parse(process.argv[2]);
const KINDS = ["snapshot", "tick", "pin", "item", "notice", "ended"];
const heard = [];
const waiting = [];

function open(auth) {
  const socket = io(`http://127.0.0.1:${port}/live`, {
    transports: ["websocket"], auth, reconnectionDelay: 100, reconnectionDelayMax: 200, forceNew: true,
  });
  for (const kind of KINDS) {
    socket.on(kind, (body) => {
      heard.push({ kind, ...body });
      for (const one of [...waiting]) one();
    });
  }
  return socket;
}

const once = (socket, event) => new Promise((done) => socket.once(event, done));

function until(wanted) {
  return new Promise((done, fail) => {
    const limit = setTimeout(() => fail(new Error(`not told in time: ${wanted}`)), 10_000);
    const look = () => {
      if (!heard.some(wanted)) return;
      waiting.splice(waiting.indexOf(look), 1);
      clearTimeout(limit);
      done();
    };
    waiting.push(look);
    look();
  });
}

const says = (text) => ({ kind, comments }) => kind === "tick" && comments.some((comment) => comment.text === text);
const answers = {};

const stranger = open({ ticket: "not-a-ticket" });
answers.stranger = (await once(stranger, "connect_error")).message;
stranger.disconnect();

const socket = open({ ticket });
await once(socket, "connect");
answers.tooEarly = await socket.timeout(5000).emitWithAck("comment", { text: "还没进来", key: "k0" });
answers.join = await socket.timeout(5000).emitWithAck("join", { room });
answers.comment = await socket.timeout(5000).emitWithAck("comment", { text: "你好，主播", key: "npm-1" });
answers.again = await socket.timeout(5000).emitWithAck("comment", { text: "你好，主播", key: "npm-1" });
answers.like = await socket.timeout(5000).emitWithAck("like", { n: 5 });
answers.share = await socket.timeout(5000).emitWithAck("share", {});
answers.unknown = await socket.timeout(5000).emitWithAck("comment", { text: "", key: "npm-2" });
await until(says("你好，主播"));

// The line breaks; the client comes back by itself, joins with the last event that it has seen, misses nothing.
const last = heard.at(-1).seq;
const back = once(socket, "connect");
socket.io.engine.close();
await back;
answers.rejoin = await socket.timeout(5000).emitWithAck("join", { room, last_seq: last });
answers.after = await socket.timeout(5000).emitWithAck("comment", { text: "我回来了", key: "npm-3" });
await until(says("我回来了"));
answers.leave = await socket.timeout(5000).emitWithAck("leave", {});
socket.disconnect();
process.stdout.write(JSON.stringify({ answers, heard, last }));
process.exit(0);
