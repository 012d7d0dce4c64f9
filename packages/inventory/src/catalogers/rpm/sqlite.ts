import { Budget, type Fault, MAX_HEADERS } from "./bytes.ts";
import { SqlitePages } from "./sqlite-pages.ts";
import { readTable, readVarint } from "./sqlite-table.ts";
import type { WriteAheadLog } from "./sqlite-wal.ts";

/** The table of tables lies on the first page. */
const SCHEMA_ROOT = 1;

/**
 * Headers in `rpmdb.sqlite`: the column `blob` of the table `Packages(hnum, blob)` (rpm, lib/backend/sqlite.cc).
 *
 * The pages are read here and not by SQLite itself: its library would have to be given the attacker's file on a disk,
 * and would run what the schema of that file says, in a process that is root. One table of two columns needs little.
 */
export function* readSqlite(bytes: Buffer, log: WriteAheadLog | undefined, fault: Fault): Iterable<Buffer> {
  const pages = SqlitePages.open(bytes, log);
  if (typeof pages === "string") return fault(pages);
  const budget = new Budget(pages.size);
  const root = findRoot(pages, budget, fault);
  if (root === undefined) return fault("no table of packages");
  for (const record of readTable(pages, { root, budget, fault })) {
    const [, blob] = readColumns(record);
    if (blob === undefined) fault("a row without a header");
    else if (!budget.takesHeader()) return fault(`more than ${MAX_HEADERS} packages`);
    else yield blob;
  }
}

/** `sqlite_schema(type, name, tbl_name, rootpage, sql)`. */
function findRoot(pages: SqlitePages, budget: Budget, fault: Fault): number | undefined {
  for (const record of readTable(pages, { root: SCHEMA_ROOT, budget, fault })) {
    const [type, name, , root] = readColumns(record);
    if (type?.toString() !== "table" || name?.toString() !== "Packages" || root === undefined) continue;
    if (root.length > 0 && root.length <= 6) return root.readUIntBE(0, root.length);
  }
  return undefined;
}

const MAX_COLUMNS = 8;
/** Bytes of the serial types 0 to 9 (fileformat2, section 2.1): nothing, integers, a float, the constants 0 and 1. */
const FIXED_LENGTHS = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0];

/** The bytes of each column of a record, up to the first that is not all there. */
function readColumns(record: Buffer): readonly Buffer[] {
  const size = readVarint(record, 0);
  if (size === undefined) return [];
  const columns: Buffer[] = [];
  let start = size.value;
  for (let at = size.next; at < size.value && columns.length < MAX_COLUMNS; ) {
    const type = readVarint(record, at);
    if (type === undefined) break;
    const length = type.value >= 12 ? Math.floor((type.value - 12) / 2) : FIXED_LENGTHS[type.value];
    if (length === undefined || start + length > record.length) break;
    columns.push(record.subarray(start, start + length));
    start += length;
    at = type.next;
  }
  return columns;
}
