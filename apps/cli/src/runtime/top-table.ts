import type { Look } from "@pratique/report";
import { printable } from "@pratique/report";

/** One container as `pratique runtime top` shows it. */
export interface TopRow {
  readonly name: string;
  readonly image: string;
  /** Of one processor, in percent; undefined before there was a second look. */
  readonly cpuPercent: number | undefined;
  readonly processes: number;
  readonly listening: number;
  readonly flows: number;
  readonly written: number;
  readonly execsPerMinute: number;
  readonly opensPerMinute: number;
  readonly connectsPerMinute: number;
}

export const topOrders = ["cpu", "processes", "execs", "opens", "connects", "flows", "name"] as const;
export type TopOrder = (typeof topOrders)[number];

const COLUMNS = [
  ["CPU %", 7],
  ["PROCS", 6],
  ["EXEC/m", 7],
  ["OPEN/m", 8],
  ["CONN/m", 7],
  ["FLOWS", 6],
  ["PORTS", 6],
  ["FILES", 6],
] as const;
const MIN_NAME = 12;
const BOLD = "\u001b[1m";
const PLAIN = "\u001b[0m";

/** A table that fits the terminal: names and images take what the numbers leave. */
export function topTable(rows: readonly TopRow[], order: TopOrder, { width, color }: Look): string {
  const numbers = COLUMNS.reduce((sum, [, size]) => sum + size, 0);
  const left = Math.max(width - numbers - 1, MIN_NAME * 2);
  const nameWidth = Math.max(MIN_NAME, Math.min(Math.floor(left / 2), 32));
  const imageWidth = Math.max(MIN_NAME, left - nameWidth - 1);
  const heading = `${"CONTAINER".padEnd(nameWidth)} ${"IMAGE".padEnd(imageWidth)}${COLUMNS.map(
    ([title, size]) => title.padStart(size),
  ).join("")}`;
  const lines = rows.toSorted(orders[order]).map((row) => {
    const cells = [
      row.cpuPercent === undefined ? "–" : row.cpuPercent.toFixed(1),
      row.processes,
      row.execsPerMinute,
      row.opensPerMinute,
      row.connectsPerMinute,
      row.flows,
      row.listening,
      row.written,
    ];
    const values = COLUMNS.map(([, size], at) => String(cells[at]).padStart(size)).join("");
    return `${fitted(row.name, nameWidth)} ${fitted(row.image, imageWidth)}${values}`;
  });
  const head = color ? `${BOLD}${heading}${PLAIN}` : heading;
  return `${[head, ...lines].join("\n")}\n`;
}

type Compare = (left: TopRow, right: TopRow) => number;

const byName: Compare = (left, right) => left.name.localeCompare(right.name);

function falling(value: (row: TopRow) => number): Compare {
  return (left, right) => value(right) - value(left) || byName(left, right);
}

const orders: Readonly<Record<TopOrder, Compare>> = {
  cpu: falling(({ cpuPercent }) => cpuPercent ?? 0),
  processes: falling(({ processes }) => processes),
  execs: falling(({ execsPerMinute }) => execsPerMinute),
  opens: falling(({ opensPerMinute }) => opensPerMinute),
  connects: falling(({ connectsPerMinute }) => connectsPerMinute),
  flows: falling(({ flows }) => flows),
  name: byName,
};

function fitted(text: string, width: number): string {
  const safe = printable(text);
  return (safe.length > width ? `${safe.slice(0, width - 1).toWellFormed()}…` : safe).padEnd(width);
}
