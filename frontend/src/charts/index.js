// Charts (图表): picked parts of ECharts, loaded only on pages that show one.
import { BarChart, LineChart, PieChart, ScatterChart, FunnelChart, GaugeChart, HeatmapChart, RadarChart } from "echarts/charts";
import {
  AriaComponent, DatasetComponent, GridComponent, LegendComponent, MarkLineComponent, RadarComponent, TitleComponent,
  TooltipComponent, VisualMapComponent,
} from "echarts/components";
import { init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

use([
  BarChart, LineChart, PieChart, ScatterChart, FunnelChart, GaugeChart, HeatmapChart, RadarChart, AriaComponent, DatasetComponent,
  GridComponent, LegendComponent, MarkLineComponent, RadarComponent, TitleComponent, TooltipComponent, VisualMapComponent,
  CanvasRenderer,
]);

const still = matchMedia("(prefers-reduced-motion: reduce)");

function theme(element) {
  const style = getComputedStyle(element);
  const token = (name) => style.getPropertyValue(name).trim();
  const axis = {
    axisLine: { lineStyle: { color: token("--line-strong") } },
    axisTick: { show: false },
    axisLabel: { color: token("--ink-2"), fontSize: 12 },
    splitLine: { lineStyle: { color: token("--line") } },
    nameTextStyle: { color: token("--ink-2") },
  };
  return {
    color: ["--chart-1", "--chart-2", "--chart-3", "--chart-4", "--chart-5", "--chart-6"].map(token),
    backgroundColor: "transparent",
    textStyle: { fontFamily: style.fontFamily, color: token("--ink") },
    categoryAxis: { ...axis, splitLine: { show: false } },
    valueAxis: { ...axis, axisLine: { show: false } },
    timeAxis: axis,
    logAxis: axis,
    legend: { textStyle: { color: token("--ink-2") }, icon: "roundRect", itemWidth: 12, itemHeight: 8 },
    bar: { barMaxWidth: 28, itemStyle: { borderRadius: 3 } },
    line: { smooth: false, symbolSize: 6, lineStyle: { width: 2.5 } },
    tooltip: {
      backgroundColor: token("--surface"), borderColor: token("--line"), textStyle: { color: token("--ink"), fontSize: 13 },
    },
  };
}

/** Draw the option in the element and keep it in step with the element's width. */
export function draw(element, option) {
  const chart = init(element, theme(element), { renderer: "canvas", locale: "ZH" });
  const narrow = element.clientWidth < 420;
  chart.setOption({
    animation: !still.matches,
    grid: { left: 8, right: 16, top: option.legend ? 40 : 24, bottom: 8, containLabel: true },
    ...option,
    ...(option.legend ? { legend: { top: 0, left: 0, ...(narrow ? { type: "scroll" } : {}), ...option.legend } } : {}),
    // Rich text and no style attributes: the tooltip must pass the page's content security policy.
    tooltip: { trigger: "axis", confine: true, renderMode: "richText", ...option.tooltip },
  });
  new ResizeObserver(() => chart.resize()).observe(element);
  addEventListener("beforeprint", () => chart.resize());
  return chart;
}
