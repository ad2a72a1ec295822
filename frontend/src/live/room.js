// The room of a viewer (直播间): one hand is enough.
import { toast } from "../behaviour/toasts.js";
import { openSheet } from "./buying.js";
import { send } from "./connection.js";
import { doubleTap } from "./hearts.js";
import { Player } from "./player.js";
import { post } from "./posting.js";
import { Show } from "./show.js";

const VEILS = {
  live: ["", ""],
  paused: ["主播暂时离开", "马上回来，直播价暂停购买。"],
  ended: ["直播已结束", "感谢观看，下次再见。"],
  banned: ["直播间已被停播", "讲师停止了这场直播。"],
  out: ["你已离开直播间", ""],
};

export function startRoom(root) {
  const bag = root.querySelector("#bag");
  const buy = root.querySelector("#buy");
  const veil = root.querySelector("[data-veil]");

  const player = new Player(root);
  const follow = root.querySelector("[data-follow]");
  follow?.addEventListener("click", async () => {
    const answer = await post(`${root.dataset.url}/follow`);
    toast(answer.ok ? answer.message : answer.error, answer.ok ? "success" : "warning");
    if (answer.ok) follow.hidden = true;
  });

  const open = (item) => {
    if (!item) return;
    const opener = document.activeElement;
    bag.close();
    send(show.socket, "click", { item: item.id });
    openSheet(buy, `${root.dataset.url}/items/${item.id}`, opener);
  };

  const draw = (state) => {
    const words = VEILS[state];
    if (!words) return;
    veil.hidden = state === "live";
    veil.querySelector("[data-veil-title]").textContent = words[0];
    veil.querySelector("[data-veil-text]").textContent = words[1];
    veil.querySelector("[data-countdown]")?.remove();
    root.querySelector("[data-onair]").hidden = state !== "live";
    for (const button of root.querySelectorAll("[data-only]")) button.hidden = button.dataset.only !== state;
    for (const button of root.querySelectorAll("[data-like], .show-send")) button.disabled = state !== "live" && state !== "paused" && state !== "scheduled" && state !== "draft";
    if (state !== "live" && state !== "paused") player.show(false);
  };

  const also = (kind, body) => {
    if (kind === "notice" && body.kind === "state") draw(body.state);
    if (kind === "notice" && body.kind === "room") {
      root.querySelector("[data-notice]").hidden = !body.notice;
      root.querySelector("[data-notice-text]").textContent = body.notice;
    }
    if (kind === "notice" && body.kind === "picture") player.show(body.on);
    if (kind === "snapshot") {
      draw(body.room.state);
      player.show(body.picture && ["live", "paused"].includes(body.room.state));
    }
    if (kind === "out") {
      draw("out");
      veil.querySelector("[data-veil-text]").textContent = body.reason;
      buy.close();
    }
    if (kind === "ended") {
      draw(body.stopped ? "banned" : "ended");
      if (body.stopped) veil.querySelector("[data-veil-text]").textContent = body.stopped;
      if (buy.open) buy.close();
    }
  };

  const show = new Show(root, { open, also });
  const like = () => {
    if (root.dataset.state === "live" || root.dataset.state === "paused") show.hearts.give(show.socket);
  };
  root.querySelector("[data-like]").addEventListener("click", like);
  doubleTap(root.querySelector("[data-stage]"), like);
  doubleTap(root.querySelector("[data-messages]"), like);

  root.querySelector("[data-share]").addEventListener("click", async () => {
    send(show.socket, "share", {});
    const address = location.origin + root.dataset.url;
    try {
      if (navigator.share) await navigator.share({ title: document.title, url: address });
      else {
        await navigator.clipboard.writeText(address);
        toast("链接已复制，发给同学吧。");
      }
    } catch (error) {
      if (error.name !== "AbortError") toast(`把这个地址发给同学：${address}`, "info");
    }
  });
}
