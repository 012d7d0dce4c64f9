import type { SqlitePages } from "./sqlite-pages.ts";
import { type ReadTableOptions, readTable, readVarint } from "./sqlite-table.ts";

/** The table of tables lies on the first page. */
const SCHEMA_ROOT = 1;

/** The page on which a table begins: `sqlite_schema(type, name, tbl_name, rootpage, sql)`. */
export function findRoot(
  pages: SqlitePages,
  table: string,
  options: Omit<ReadTableOptions, "root">,
): number | undefined {
  for (const record of readTable(pages, { ...options, root: SCHEMA_ROOT })) {
    const [type, name, , root] = readColumns(record);
    if (type?.toString() !== "table" || name?.toString() !== table || root === undefined) continue;
    if (root.length > 0 && root.length <= 6) return root.readUIntBE(0, root.length);
  }
  return undefined;
}

const MAX_COLUMNS = 8;
/** Bytes of the serial types 0 to 9 (fileformat2, section 2.1): nothing, integers, a float, the constants 0 and 1. */
const FIXED_LENGTHS = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0];

/** Bytes of a text or a blob, a whole number; undefined for NULL, and for numbers that are neither whole nor safe. */
export type SqliteValue = Buffer | number | undefined;

/** The values of a record, up to the first that is not all there. */
export function readValues(record: Buffer): readonly SqliteValue[] {
  return [...columnsOf(record)].map(({ type, bytes }) => {
    if (type >= 12) return bytes;
    if (type === 8 || type === 9) return type - 8;
    return type >= 1 && type <= 5 && bytes.length <= 6 ? bytes.readIntBE(0, bytes.length) : undefined;
  });
}

/** The bytes of each column of a record, up to the first that is not all there. */
export function readColumns(record: Buffer): readonly Buffer[] {
  return [...columnsOf(record)].map(({ bytes }) => bytes);
}

interface Column {
  readonly type: number;
  readonly bytes: Buffer;
}

function* columnsOf(record: Buffer): Generator<Column> {
  const size = readVarint(record, 0);
  if (size === undefined) return;
  let start = size.value;
  let count = 0;
  for (let at = size.next; at < size.value && count < MAX_COLUMNS; count += 1) {
    const type = readVarint(record, at);
    if (type === undefined) return;
    const length = type.value >= 12 ? Math.floor((type.value - 12) / 2) : FIXED_LENGTHS[type.value];
    if (length === undefined || start + length > record.length) return;
    yield { type: type.value, bytes: record.subarray(start, start + length) };
    start += length;
    at = type.next;
  }
}
