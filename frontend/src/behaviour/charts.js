// Charts: [data-chart] carries its option as JSON; the library comes when the chart is near the screen.
import { fresh } from "./once.js";

const watcher = "IntersectionObserver" in window
  ? new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        watcher.unobserve(entry.target);
        paint(entry.target);
      }
    }, { rootMargin: "300px" })
  : null;

async function paint(element) {
  const { draw } = await import("../charts/index.js");
  draw(element, JSON.parse(element.dataset.chart));
  element.classList.add("is-drawn");
}

export function startCharts(root) {
  for (const element of fresh(root, "[data-chart]", "Chart")) {
    if (watcher) watcher.observe(element);
    else paint(element);
  }
}
