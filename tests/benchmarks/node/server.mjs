// A room as one would write it with socket.io on Node, for comparison: the same events, no database, no accounts.
import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer((request, answer) => answer.end("ok"));
const io = new Server(http, { transports: ["websocket"], perMessageDeflate: false, serveClient: false });
const room = { seq: 0, likes: 0, viewers: 0, comments: [], id: 0 };

io.of("/live").on("connection", (socket) => {
  socket.on("join", (_body, answer) => {
    socket.join("room");
    room.viewers += 1;
    socket.emit("snapshot", { seq: room.seq });
    answer({ ok: true, seq: room.seq });
  });
  socket.on("comment", (body, answer) => {
    room.comments.push({ id: (room.id += 1), account: 1, who: "观众", role: "viewer", text: body.text, item: null });
    answer({ ok: true, id: room.id });
  });
  socket.on("like", (body, answer) => {
    room.likes += body.n;
    answer({ ok: true, counted: body.n });
  });
  socket.on("disconnect", () => { room.viewers -= 1; });
});

setInterval(() => {
  const comments = room.comments.splice(0, 50);
  room.seq += 1;
  io.of("/live").to("room").emit("tick", { seq: room.seq, at: Date.now(), viewers: room.viewers, likes: room.likes, comments, sold: [] });
}, 500);

http.listen({ port: Number(process.argv[2]), host: "127.0.0.1", backlog: 8192 });
