// The live room's connection (直播间长连接): one Socket.IO client over websocket that finds back by itself.
import { io } from "socket.io-client";

/**
 * Connect to a namespace; reconnects are spread at random so that a restart is no storm.
 * @param {string} namespace such as "/live"
 * @param {object} auth handed to the server with every (re)connect
 * @param {(state: "connecting"|"online"|"offline"|"refused", reason: string) => void} onState told of every change
 */
export function connect(namespace, auth = {}, onState = () => {}) {
  const socket = io(namespace, {
    auth,
    transports: ["websocket"],
    reconnectionDelay: 1000,
    reconnectionDelayMax: 10000,
    randomizationFactor: 0.9,
  });
  onState("connecting", "");
  socket.on("connect", () => onState("online", ""));
  socket.on("disconnect", (reason) => onState("offline", reason));
  socket.on("connect_error", (error) => onState(socket.active ? "offline" : "refused", error.message));
  return socket;
}

window.LiveConnection = { connect };
