import { StoreError } from "../errors.ts";

// A backup is a text of lines, each a JSON value: a header, the rows of all tables, and a trailer. It does not
// depend on the database that it came from.

export const FORMAT = "pratique-store";
export const FORMAT_VERSION = 1;

/** The first line. */
export interface Header {
  readonly format: typeof FORMAT;
  readonly version: typeof FORMAT_VERSION;
  /** The newest migration of the store that was saved. */
  readonly migration: string;
  /** How many rows follow of each table. */
  readonly rows: Readonly<Record<string, number>>;
}

/** The last line: the SHA-256, in hex, of all that is before it. */
export interface Trailer {
  readonly sha256: string;
}

/** What a column holds. */
type Cell = null | string | number | Uint8Array;

export type Row = Readonly<Record<string, Cell>>;

/** Writes a row; bytes become `{"base64": …}`. */
export function formatRow(table: string, row: Readonly<Record<string, unknown>>): string {
  const cells = Object.entries(row).map(([column, value]) => [column, formatCell(value)]);
  return JSON.stringify({ table, row: Object.fromEntries(cells) });
}

function formatCell(value: unknown): unknown {
  if (!(value instanceof Uint8Array)) return value;
  return { base64: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64") };
}

/** Reads the first line. Throws `BACKUP_MALFORMED`. */
export function parseHeader(line: string): Header {
  const value = objectIn(line);
  const { format, version, migration, rows } = value;
  if (format !== FORMAT || version !== FORMAT_VERSION || typeof migration !== "string" || !isObject(rows)) {
    throw malformed("the first line is not the header of a backup of this version");
  }
  const counts: Record<string, number> = {};
  for (const [table, count] of Object.entries(rows)) {
    if (typeof count !== "number" || !Number.isSafeInteger(count)) throw malformed("a count is no number");
    counts[table] = count;
  }
  return { format, version, migration, rows: counts };
}

/** Reads any other line. Throws `BACKUP_MALFORMED`. */
export function parseLine(line: string): Trailer | { readonly table: string; readonly row: Row } {
  const { sha256, table, row } = objectIn(line);
  if (typeof sha256 === "string") return { sha256 };
  if (typeof table !== "string" || !isObject(row)) throw malformed("a line is neither a row nor the end");
  const cells: Record<string, Cell> = {};
  for (const [column, value] of Object.entries(row)) {
    if (!/^[a-z][a-z0-9_]{0,62}$/u.test(column))
      throw malformed(`there is no column ${JSON.stringify(column)}`);
    cells[column] = parseCell(value);
  }
  return { table, row: cells };
}

function parseCell(value: unknown): Cell {
  if (value === null || typeof value === "string" || typeof value === "number") return value;
  if (isObject(value) && typeof value.base64 === "string") return Buffer.from(value.base64, "base64");
  throw malformed("a cell is neither text, number, bytes nor null");
}

export function malformed(message: string, options?: ErrorOptions): StoreError {
  return new StoreError("BACKUP_MALFORMED", `malformed backup: ${message}`, options);
}

function objectIn(line: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw malformed("a line is not JSON", { cause });
  }
  if (!isObject(value)) throw malformed("a line is no object");
  return value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
