import type { Budget, Fault } from "./bytes.ts";
import type { SqlitePages } from "./sqlite-pages.ts";

const INTERIOR = 5;
const LEAF = 13;
const FIRST_PAGE_HEADER = 100;
const INTERIOR_HEADER_BYTES = 12;
const LEAF_HEADER_BYTES = 8;
const MAX_PAGES = 1_000_000;

export interface ReadTableOptions {
  readonly root: number;
  readonly budget: Budget;
  readonly fault: Fault;
}

/**
 * The records of a table, in the order of its rows (https://sqlite.org/fileformat2.html, section 1.6). Every page is
 * read once, so that a tree with loops ends.
 */
export function* readTable(pages: SqlitePages, options: ReadTableOptions): Iterable<Buffer> {
  for (const { record } of readRows(pages, options)) yield record;
}

/** A record with its number, which stands for a column that is declared `INTEGER PRIMARY KEY`. */
export interface TableRow {
  readonly rowId: number;
  readonly record: Buffer;
}

/** The same as {@link readTable}, with the numbers of the rows. */
export function* readRows(pages: SqlitePages, { root, budget, fault }: ReadTableOptions): Iterable<TableRow> {
  const seen = new Set<number>();
  const waiting = [root];
  for (let number = waiting.pop(); number !== undefined; number = waiting.pop()) {
    const page = pages.at(number);
    const isKnown = seen.has(number);
    if (page === undefined || isKnown || seen.size >= MAX_PAGES) {
      fault(`page ${number} ${isKnown ? "is there twice" : "is not there"}`);
      continue;
    }
    seen.add(number);
    const node = readNode(page, number);
    if (node === undefined) fault(`page ${number} is none of a table`);
    else if (node.type === INTERIOR) waiting.push(...childrenOf(page, node).toReversed());
    else yield* readLeaf(pages, page, { cells: node.cells, budget, fault });
  }
}

interface Node {
  readonly type: number;
  readonly start: number;
  readonly cells: readonly number[];
}

function readNode(page: Buffer, number: number): Node | undefined {
  const start = number === 1 ? FIRST_PAGE_HEADER : 0;
  const type = page[start] ?? 0;
  if (type !== INTERIOR && type !== LEAF) return undefined;
  const first = start + (type === INTERIOR ? INTERIOR_HEADER_BYTES : LEAF_HEADER_BYTES);
  const count = page.readUInt16BE(start + 3);
  if (first + count * 2 > page.length) return undefined;
  const cells = Array.from({ length: count }, (_, index) => page.readUInt16BE(first + index * 2));
  return { type, start, cells };
}

function childrenOf(page: Buffer, { start, cells }: Node): number[] {
  const inside = cells.filter((cell) => cell + 4 <= page.length);
  return [...inside.map((cell) => page.readUInt32BE(cell)), page.readUInt32BE(start + 8)];
}

interface Leaf {
  readonly cells: readonly number[];
  readonly budget: Budget;
  readonly fault: Fault;
}

function* readLeaf(pages: SqlitePages, page: Buffer, { cells, budget, fault }: Leaf): Iterable<TableRow> {
  for (const cell of cells) {
    const payload = readPayload(pages, page, { cell, budget });
    if (typeof payload === "string") fault(payload);
    else yield payload;
  }
}

interface Cell {
  readonly cell: number;
  readonly budget: Budget;
}

/** What does not fit in its page goes on in a chain of others (fileformat2, section 1.6, "Cell Payload Overflow"). */
function readPayload(pages: SqlitePages, page: Buffer, { cell, budget }: Cell): TableRow | string {
  const size = readVarint(page, cell);
  const rowId = size === undefined ? undefined : readVarint(page, size.next);
  if (size === undefined || rowId === undefined) return "a row outside its page";
  const length = size.value;
  if (!budget.takes(length)) return "more data than the file is long";
  const local = localLength(length, pages.usable);
  const end = rowId.next + local;
  if (end + (local < length ? 4 : 0) > pages.usable) return "a row outside its page";
  const parts = [page.subarray(rowId.next, end)];
  let total = local;
  let next = local < length ? page.readUInt32BE(end) : 0;
  while (total < length) {
    const overflow = pages.at(next);
    if (overflow === undefined) return `a row of ${length} bytes, of which ${total} are there`;
    const part = overflow.subarray(4, Math.min(pages.usable, 4 + length - total));
    parts.push(part);
    total += part.length;
    next = overflow.readUInt32BE(0);
  }
  const record = parts.length === 1 ? page.subarray(rowId.next, end) : Buffer.concat(parts, length);
  return { rowId: rowId.value, record };
}

function localLength(length: number, usable: number): number {
  if (length <= usable - 35) return length;
  const least = Math.floor(((usable - 12) * 32) / 255) - 23;
  const most = least + ((length - least) % (usable - 4));
  return most <= usable - 35 ? most : least;
}

/** A number, and where the next thing begins. */
export interface Varint {
  readonly value: number;
  readonly next: number;
}

/** Reads one to nine bytes, seven bits in each (fileformat2, section 1.6). What is no safe integer is none of ours. */
export function readVarint(bytes: Buffer, start: number): Varint | undefined {
  let value = 0;
  for (let at = start; at < start + 8; at += 1) {
    const byte = bytes[at];
    if (byte === undefined) return undefined;
    value = value * 128 + (byte & 127);
    if (byte < 128) return Number.isSafeInteger(value) ? { value, next: at + 1 } : undefined;
  }
  return undefined;
}
