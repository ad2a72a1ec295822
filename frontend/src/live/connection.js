// The live room's connection (直播间长连接): one Socket.IO client over websocket that finds back by itself.
import { io } from "socket.io-client";

const PATIENCE = 8000;

/**
 * Connect to a namespace; reconnects are spread at random so that a restart is no storm.
 * @param {string} namespace such as "/live"
 * @param {(state: "online"|"offline"|"refused", reason: string) => void} onState told of every change
 */
export function connect(namespace, onState) {
  const socket = io(namespace, {
    transports: ["websocket"],
    reconnectionDelay: 1000,
    reconnectionDelayMax: 10000,
    randomizationFactor: 0.9,
  });
  socket.on("connect", () => onState("online", ""));
  socket.on("disconnect", (reason) => onState("offline", reason));
  socket.on("connect_error", (error) => onState(socket.active ? "offline" : "refused", error.message));
  return socket;
}

/** Send an event; the promise answers with the acknowledgement, or with a refusal when none came. */
export async function send(socket, event, data) {
  try {
    return await socket.timeout(PATIENCE).emitWithAck(event, data);
  } catch {
    return { ok: false, code: "offline", error: "网络不稳定，请稍后再试。" };
  }
}
