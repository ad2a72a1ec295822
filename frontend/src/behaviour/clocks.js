// Countdowns (data-countdown="ISO") and the simulated clock (data-sim-clock="ISO" data-rate data-paused).
import { fresh } from "./once.js";

const zone = "Asia/Shanghai";
const clockText = new Intl.DateTimeFormat("zh-CN", {
  timeZone: zone, month: "long", day: "numeric", hour: "2-digit", minute: "2-digit", hour12: false,
});

function left(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const days = Math.floor(seconds / 86400);
  const two = (number) => String(number).padStart(2, "0");
  const time = `${two(Math.floor(seconds / 3600) % 24)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return days ? `${days}天 ${time}` : time;
}

function every(element, show) {
  if (show() === false) return;
  const timer = setInterval(() => {
    if (!element.isConnected || show() === false) clearInterval(timer);
  }, 1000);
}

export function startClocks(root) {
  for (const element of fresh(root, "[data-countdown]", "Countdown")) {
    const target = Date.parse(element.dataset.countdown);
    every(element, () => {
      const rest = target - Date.now();
      element.textContent = rest > 0 ? left(rest) : element.dataset.over ?? "已结束";
      if (rest > 0) return true;
      element.dispatchEvent(new CustomEvent("countdown:over", { bubbles: true }));
      return false;
    });
  }
  for (const element of fresh(root, "[data-sim-clock]", "SimClock")) {
    const base = Date.parse(element.dataset.simClock);
    const start = performance.now();
    const rate = element.dataset.paused === "true" ? 0 : Number(element.dataset.rate ?? 1);
    every(element, () => {
      element.textContent = clockText.format(base + (performance.now() - start) * rate);
      return rate > 0;
    });
  }
}
