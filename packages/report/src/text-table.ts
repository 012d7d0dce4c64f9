import { stripVTControlCharacters } from "node:util";
import Table from "cli-table3";
import { columnsOf, foldPainted } from "./fold-painted.ts";
import { type Look, paint } from "./style.ts";

/** A table narrower than this is unreadable: it is then left to the terminal to fold it. */
const MIN_WIDTH = 60;
/** Text that is as wide as it is long. */
const NARROW = /^[ -~]*$/u;

export interface TextTableOptions<Row> {
  readonly head: readonly string[];
  /** One text for each title, printable and perhaps painted; asked twice for each row. */
  cellsOf(row: Row): readonly string[];
  readonly look: Look;
}

/** A table for a terminal, in lines that are no wider than it. */
export function* textTable<Row>(rows: readonly Row[], options: TextTableOptions<Row>): Generator<string> {
  const { head, cellsOf, look } = options;
  const widths = columnWidths(plainCells(rows, options), look.width);
  yield* linesOf(
    head.map((title) => paint("bold", title, look.color)),
    widths,
  );
  for (const row of rows) yield* linesOf(cellsOf(row), widths);
}

/** A row that fits is one line; what has to be folded, or has wide characters, is left to the library, which is slow. */
function* linesOf(cells: readonly string[], widths: readonly number[]): Generator<string> {
  const plain = cells.map(stripVTControlCharacters);
  const fits = plain.every((text, column) => text.length < (widths[column] ?? 0) && NARROW.test(text));
  const lines = fits ? [paddedLine(cells, plain, widths)] : foldedLines(cells, widths);
  // What is too wide for its column the library cuts anywhere, even within a character.
  for (const line of lines) yield `${line.trimEnd().toWellFormed()}\n`;
}

function paddedLine(cells: readonly string[], plain: readonly string[], widths: readonly number[]): string {
  const padding = (column: number) => " ".repeat((widths[column] ?? 0) - (plain[column] ?? "").length);
  return cells.map((cell, column) => `${cell}${padding(column)}`).join(" ");
}

function foldedLines(cells: readonly string[], widths: readonly number[]): readonly string[] {
  const table = new Table({
    colWidths: [...widths],
    style: { head: [], border: [], "padding-left": 0, "padding-right": 1 },
    chars: borders,
  });
  // The library breaks lines without regard for colours, and words anywhere.
  table.push(cells.map((cell, column) => foldPainted(cell, roomIn(widths[column])).join("\n")));
  return table.toString().split("\n");
}

/** One column of each is empty. */
function roomIn(width = 2): number {
  return Math.max(1, width - 1);
}

const borders = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: " ",
};

function* plainCells<Row>(
  rows: readonly Row[],
  { head, cellsOf }: TextTableOptions<Row>,
): Generator<readonly string[]> {
  yield head;
  for (const row of rows) yield cellsOf(row).map(stripVTControlCharacters);
}

/** As wide as the content, and where that is too wide, the widest columns give way. */
function columnWidths(rows: Iterable<readonly string[]>, width: number): number[] {
  const widths: number[] = [];
  for (const cells of rows) {
    for (const [column, cell] of cells.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, (NARROW.test(cell) ? cell.length : columnsOf(cell)) + 1);
    }
  }
  const gaps = widths.length - 1;
  for (let over = sum(widths) + gaps - Math.max(width, MIN_WIDTH); over > 0; over -= 1) {
    const widest = widths.indexOf(Math.max(...widths));
    widths[widest] = (widths[widest] ?? 1) - 1;
  }
  return widths;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
