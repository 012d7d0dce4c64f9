import { Budget, type Fault, MAX_HEADERS } from "./bytes.ts";
import { findRoot, readColumns } from "./sqlite-columns.ts";
import { SqlitePages } from "./sqlite-pages.ts";
import { readTable } from "./sqlite-table.ts";
import type { WriteAheadLog } from "./sqlite-wal.ts";

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
  const root = findRoot(pages, "Packages", { budget, fault });
  if (root === undefined) return fault("no table of packages");
  for (const record of readTable(pages, { root, budget, fault })) {
    const [, blob] = readColumns(record);
    if (blob === undefined) fault("a row without a header");
    else if (!budget.takesHeader()) return fault(`more than ${MAX_HEADERS} packages`);
    else yield blob;
  }
}
