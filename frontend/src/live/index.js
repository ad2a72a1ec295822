// Live rooms (直播): a viewer's room, or the host's console.
import { startRoom } from "./room.js";
import { startStudio } from "./studio.js";

const room = document.querySelector("[data-live-room]");
if (room) startRoom(room);
const studio = document.querySelector("[data-live-studio]");
if (studio) startStudio(studio);
const board = document.querySelector("[data-board]");
if (board) import("./board.js").then(({ startBoard }) => startBoard(board));
const replay = document.querySelector("[data-replay]");
if (replay) import("./replay.js").then(({ startReplay }) => startReplay(replay));
