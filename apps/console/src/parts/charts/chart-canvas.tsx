import { BarChart, LineChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { useEffect, useRef } from "react";
import type { ChartProps } from "./chart-props.ts";

use([AriaComponent, BarChart, GridComponent, LegendComponent, LineChart, SVGRenderer, TooltipComponent]);

/** Draws a chart, and draws it anew when its numbers, its width or the theme change. */
export function ChartCanvas(props: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => (place.current === null ? undefined : draw(place.current, props)), [props]);
  return (
    <div
      ref={place}
      className={props.isLow === true ? "chart-canvas low" : "chart-canvas"}
      role="img"
      aria-label={summaryOf(props)}
    />
  );
}

function draw(place: HTMLElement, props: ChartProps): () => void {
  const chart = init(place, null, { renderer: "svg" });
  const paint = () => chart.setOption(optionOf(place, props));
  const resized = new ResizeObserver(() => chart.resize());
  const themed = new MutationObserver(paint);
  paint();
  resized.observe(place);
  themed.observe(document.documentElement, { attributeFilter: ["class"] });
  const { onChoose } = props;
  if (onChoose !== undefined) chart.on("click", ({ dataIndex }) => onChoose(dataIndex));
  return () => {
    resized.disconnect();
    themed.disconnect();
    chart.dispose();
  };
}

function optionOf(place: HTMLElement, { kind, points, series, unit }: ChartProps) {
  const style = getComputedStyle(place);
  const text = style.color;
  const line = style.borderColor;
  return {
    animation: false,
    // Told apart by what is drawn in them as well as by colour. What the chart says in words is said below.
    aria: { enabled: true, label: { enabled: false }, decal: { show: true } },
    color: series.map(({ color }) => style.getPropertyValue(color).trim()),
    textStyle: { fontFamily: style.fontFamily, color: text },
    grid: {
      left: 8,
      right: 12,
      top: 16,
      bottom: 36,
      outerBoundsMode: "same",
      outerBoundsContain: "axisLabel",
    },
    legend: { bottom: 0, itemHeight: 10, itemWidth: 10, icon: "rect", textStyle: { color: text } },
    // A tooltip of HTML would bring styles of its own, which the page's policy refuses.
    tooltip: {
      trigger: "axis",
      renderMode: "richText",
      backgroundColor: style.backgroundColor,
      borderColor: line,
      textStyle: { color: text },
    },
    xAxis: {
      type: "category",
      data: [...points],
      boundaryGap: kind === "bars",
      axisLabel: { color: text, hideOverlap: true },
      axisLine: { lineStyle: { color: line } },
      axisTick: { show: false },
    },
    yAxis: {
      type: "value",
      minInterval: 1,
      ...(unit === "%" && { max: 100 }),
      axisLabel: { color: text, ...(unit !== undefined && { formatter: `{value} ${unit}` }) },
      splitLine: { lineStyle: { color: line } },
    },
    series: series.map(({ name, values }) => ({
      name,
      data: [...values],
      stack: "all",
      ...(kind === "bars"
        ? { type: "bar", barCategoryGap: "25%" }
        : { type: "line", symbol: "none", lineStyle: { width: 1 }, areaStyle: { opacity: 0.75 } }),
    })),
  };
}

function summaryOf({ label, series, points }: ChartProps): string {
  const last = points.at(-1);
  const sums = series.map(({ name, values }) => `${name} ${(values.at(-1) ?? 0).toLocaleString("en")}`);
  return last === undefined ? `${label}: nothing yet` : `${label}. ${last}: ${sums.join(", ")}`;
}
