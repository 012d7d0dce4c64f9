import { GraphChart } from "echarts/charts";
import { AriaComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { useEffect, useRef } from "react";
import { formatCount } from "../../text/format.ts";
import { listingWords } from "../../text/listing-words.ts";
import { layoutNetwork } from "../../text/network-layout.ts";
import { peerName } from "../../text/peer-name.ts";
import type { NetworkGraphProps, NetworkMap } from "./network-map.ts";

use([AriaComponent, GraphChart, LegendComponent, SVGRenderer, TooltipComponent]);

const ROW_PX = 58;
const MIN_PX = 260;
const MAX_PX = 960;
/** Around the picture: names stand below what they name, and reach beyond it. */
const MARGIN = { side: 90, top: 40, bottom: 76 } as const;
/** With less between columns, names would lie on one another: the picture scrolls instead. */
const COLUMN_PX = 120;

/** What is drawn how. Shapes differ as well as colours. */
const kinds = {
  container: { name: "container", color: "--severity-low", symbol: "circle" },
  host: { name: "host", color: "--outcome-observed", symbol: "roundRect" },
  outside: { name: "outside", color: "--severity-high", symbol: "diamond" },
  listed: { name: "listed", color: "--severity-critical", symbol: "triangle" },
} as const;
const kindNames = ["container", "host", "outside", "listed"] as const;
type Kind = (typeof kindNames)[number];

/** Whoever an indicator lists is drawn as that. */
function kindOf({ kind, listed }: Pick<NetworkMap["nodes"][number], "kind" | "listed">): Kind {
  return listed === undefined ? kind : "listed";
}

/** Draws who talks to whom, and draws it anew when that, the width or the theme change. */
export function NetworkCanvas(props: NetworkGraphProps) {
  const { nodes, edges } = props;
  const place = useRef<HTMLDivElement>(null);
  const { rows, columns } = layoutNetwork(nodes, edges);
  const height = Math.min(MAX_PX, Math.max(MIN_PX, rows * ROW_PX + MARGIN.top + MARGIN.bottom));
  useEffect(() => (place.current === null ? undefined : draw(place.current, props)), [props]);
  return (
    <div
      ref={place}
      className="network-canvas"
      style={{ height, minWidth: (columns - 1) * COLUMN_PX + 2 * MARGIN.side }}
      role="img"
      aria-label={`Map: ${formatCount(nodes.length, "peer")}, ${formatCount(edges.length, "connection")}. The table below has the same.`}
    />
  );
}

function draw(place: HTMLElement, { nodes, edges, onChoose }: NetworkGraphProps): () => void {
  const chart = init(place, null, { renderer: "svg" });
  const paint = () => {
    chart.resize();
    chart.setOption(optionOf(place, { nodes, edges }));
  };
  const resized = new ResizeObserver(paint);
  const themed = new MutationObserver(paint);
  paint();
  resized.observe(place);
  themed.observe(document.documentElement, { attributeFilter: ["class"] });
  chart.on("click", { dataType: "node" }, ({ dataIndex }) => {
    const node = nodes[dataIndex];
    if (node !== undefined) onChoose(node);
  });
  return () => {
    resized.disconnect();
    themed.disconnect();
    chart.dispose();
  };
}

function optionOf(place: HTMLElement, { nodes, edges }: Pick<NetworkMap, "nodes" | "edges">) {
  const style = getComputedStyle(place);
  const text = style.color;
  const line = style.borderColor;
  const ground = style.backgroundColor;
  const { frame, at, columnWidth } = sizesOf(place, { nodes, edges });
  const most = Math.max(1, ...edges.map(({ connections }) => connections));
  return {
    animation: false,
    textStyle: { fontFamily: style.fontFamily, color: text },
    color: kindNames.map((kind) => style.getPropertyValue(kinds[kind].color).trim()),
    legend: {
      bottom: 0,
      data: kindNames.map((kind) => ({ name: kinds[kind].name, icon: kinds[kind].symbol })),
      textStyle: { color: text },
    },
    // A tooltip of HTML would bring styles of its own, which the page's policy refuses.
    tooltip: {
      renderMode: "richText",
      backgroundColor: ground,
      borderColor: line,
      textStyle: { color: text },
      formatter: ({ dataType, dataIndex }: { readonly dataType?: string; readonly dataIndex: number }) =>
        dataType === "edge" ? edgeWords(edges[dataIndex], nodes) : nodeWords(nodes[dataIndex]),
    },
    series: [
      {
        type: "graph",
        layout: "none",
        ...frame,
        roam: false,
        edgeSymbol: ["none", "arrow"],
        edgeSymbolSize: 7,
        categories: kindNames.map((kind) => ({ name: kinds[kind].name, symbol: kinds[kind].symbol })),
        label: {
          show: true,
          position: "bottom",
          color: text,
          textBorderColor: ground,
          textBorderWidth: 3,
          width: Math.max(48, columnWidth - 12),
          overflow: "truncate",
        },
        labelLayout: { hideOverlap: true },
        emphasis: { focus: "adjacency", label: { color: text } },
        data: nodes.map((node) => ({
          id: node.id,
          name: peerName(node),
          category: kindNames.indexOf(kindOf(node)),
          symbol: kinds[kindOf(node)].symbol,
          symbolSize: node.kind === "container" ? 22 : 18,
          ...at(node.id),
        })),
        edges: edges.map(({ from, to, connections }) => ({
          source: from,
          target: to,
          lineStyle: {
            color: text,
            opacity: 0.45,
            curveness: 0.04,
            // Nothing of it came through.
            type: connections === 0 ? "dashed" : "solid",
            width: 1 + (2.5 * Math.log1p(connections)) / Math.log1p(most),
          },
        })),
      },
    ],
  };
}

/** Where in the picture everybody stands, and the frame around them, from which the chart takes its scale. */
function sizesOf(place: HTMLElement, { nodes, edges }: Pick<NetworkMap, "nodes" | "edges">) {
  const { places, columns } = layoutNetwork(nodes, edges);
  const inColumn = new Map<number, number>();
  for (const { column } of places.values()) inColumn.set(column, (inColumn.get(column) ?? 0) + 1);
  const width = Math.max(1, place.clientWidth - 2 * MARGIN.side);
  const height = Math.max(1, place.clientHeight - MARGIN.top - MARGIN.bottom);
  const columnWidth = columns > 1 ? width / (columns - 1) : 2 * MARGIN.side;
  const at = (id: string) => {
    const { column, row } = places.get(id) ?? { column: 0, row: 0 };
    return {
      x: MARGIN.side + (columns > 1 ? column * columnWidth : width / 2),
      y: MARGIN.top + ((row + 0.5) * height) / (inColumn.get(column) ?? 1),
    };
  };
  const all = nodes.map(({ id }) => at(id));
  const left = Math.min(...all.map(({ x }) => x));
  const top = Math.min(...all.map(({ y }) => y));
  const frame = {
    left,
    top,
    // A frame without a width would have no scale.
    width: Math.max(1, Math.max(...all.map(({ x }) => x)) - left),
    height: Math.max(1, Math.max(...all.map(({ y }) => y)) - top),
  };
  return { frame, at, columnWidth };
}

function nodeWords(node: NetworkMap["nodes"][number] | undefined): string {
  if (node === undefined) return "";
  const { kind, host, image, listed } = node;
  const lines = [
    peerName(node),
    kind === "outside" ? "outside of the fleet" : kind,
    listed === undefined ? "" : listingWords(listed, node.label),
    image ?? "",
    host ?? "",
  ];
  return lines.filter((line) => line !== "").join("\n");
}

function edgeWords(edge: NetworkMap["edges"][number] | undefined, nodes: NetworkMap["nodes"]): string {
  if (edge === undefined) return "";
  const nameOf = (id: string) => peerName(nodes.find((node) => node.id === id) ?? { id, label: id });
  const { from, to, protocol, port, connections, refused } = edge;
  const attempts = refused === 0 ? "" : `, ${refused.toLocaleString("en")} refused`;
  const count = `${formatCount(connections, "connection")}${attempts}`;
  return `${nameOf(from)} to ${nameOf(to)}\n${protocol} ${port}, ${count}`;
}
