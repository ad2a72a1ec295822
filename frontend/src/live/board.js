// The board (大屏): fetched again every few seconds while the show runs; two charts and a table.
import { make } from "../behaviour/once.js";
import { count, yuan } from "./formats.js";

const EVERY = 3000;
const percent = (bp) => `${(bp / 100).toFixed(bp % 100 ? 1 : 0)}%`;
const stay = (seconds) => (seconds >= 60 ? `${Math.floor(seconds / 60)}分${seconds % 60}秒` : `${seconds}秒`);
const SHAPES = { yuan, count, percent, stay };

function series(name, points, area) {
  return { type: "line", name, data: points.map((point) => point[1]), showSymbol: false, smooth: true, lineStyle: { width: 4 }, areaStyle: { opacity: area } };
}

function option(name, points, scale = (value) => value) {
  return {
    tooltip: { trigger: "axis" },
    xAxis: { type: "category", data: points.map((point) => point[0]), boundaryGap: false, axisLabel: { fontSize: 14 } },
    yAxis: { type: "value", minInterval: 1, axisLabel: { fontSize: 14 } },
    series: [series(name, points.map(([moment, value]) => [moment, scale(value)]), 0.18)],
  };
}

export async function startBoard(root) {
  const { draw } = await import("../charts/index.js");
  const data = JSON.parse(root.querySelector("[data-board-state]").textContent);
  const charts = {};
  const paint = (told) => {
    for (const place of root.querySelectorAll("[data-figure]")) {
      place.textContent = SHAPES[place.dataset.shape ?? "count"](told.figures[place.dataset.figure]);
    }
    for (const [name, label, points, scale] of [["curve", "在线人数", told.curve], ["sales", "支付金额（元）", told.sales, (fen) => fen / 100]]) {
      const place = root.querySelector(`[data-board-chart=${name}]`);
      place.nextElementSibling.hidden = points.length > 0;
      place.hidden = points.length === 0;
      if (!points.length) continue;
      if (charts[name]) charts[name].setOption(option(label, points, scale));
      else charts[name] = draw(place, option(label, points, scale));
    }
    const body = root.querySelector("[data-board-items]");
    body.replaceChildren(...told.items.map((item) => make("tr", {}, ...[item.title, count(item.seen), count(item.clicks), count(item.orders), count(item.units), yuan(item.gmv), stay(item.explained)].map((text) => make("td", {}, text)))));
    root.dataset.state = told.state;
  };
  paint(data);
  root.querySelector("[data-full]")?.addEventListener("click", () => (document.fullscreenElement ? document.exitFullscreen() : root.requestFullscreen()));
  if (data.state !== "live" && data.state !== "paused") return;
  const timer = setInterval(async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch(root.dataset.board, { headers: { Accept: "application/json" } });
      if (!answer.ok) return;
      const told = await answer.json();
      paint(told);
      if (told.state !== "live" && told.state !== "paused") clearInterval(timer);
    } catch { /* the next turn tries again */ }
  }, EVERY);
}
