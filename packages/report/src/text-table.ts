import { stripVTControlCharacters } from "node:util";
import Table from "cli-table3";
import { type Look, paint } from "./style.ts";

/** A table narrower than this is unreadable: it is then left to the terminal to fold it. */
const MIN_WIDTH = 60;
/** So many rows are laid out together, so that the text of a long table is never in memory as a whole. */
const ROWS_AT_ONCE = 500;

export interface TextTableOptions<Row> {
  readonly head: readonly string[];
  /** One text for each title, printable and perhaps painted; asked twice for each row. */
  cellsOf(row: Row): readonly string[];
  readonly look: Look;
}

/** A table for a terminal, in lines that are no wider than it. */
export function* textTable<Row>(rows: readonly Row[], options: TextTableOptions<Row>): Generator<string> {
  const { head, cellsOf, look } = options;
  const colWidths = columnWidths(plainCells(rows, options), look.width);
  for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) {
    const table = new Table({
      head: start === 0 ? head.map((title) => paint("bold", title, look.color)) : [],
      colWidths,
      style: { head: [], border: look.color ? ["gray"] : [], "padding-left": 0, "padding-right": 1 },
      chars: borders,
      wordWrap: true,
      wrapOnWordBoundary: false,
    });
    for (const row of rows.slice(start, start + ROWS_AT_ONCE)) table.push([...cellsOf(row)]);
    // Words are broken without regard for characters that take two units.
    for (const line of table.toString().toWellFormed().split("\n")) yield `${line.trimEnd()}\n`;
  }
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
      widths[column] = Math.max(widths[column] ?? 0, cell.length + 1);
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
