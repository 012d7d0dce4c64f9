import { isBerkeleyDb, readBerkeleyDb } from "./berkeley-db.ts";
import type { Fault } from "./bytes.ts";
import { isNdb, readNdb } from "./ndb.ts";
import { readSqlite } from "./sqlite.ts";
import { isSqlite } from "./sqlite-pages.ts";
import type { WriteAheadLog } from "./sqlite-wal.ts";

/** The content of one state of a database. */
export interface DatabaseContent {
  readonly bytes: Buffer;
  /** What lies beside a database of SQLite, and is newer. */
  readonly log?: WriteAheadLog | undefined;
}

/** The headers in a database of any of the three forms, which are told by their first bytes, not by their names. */
export function readHeaders({ bytes, log }: DatabaseContent, fault: Fault): Iterable<Buffer> {
  if (isSqlite(bytes) || log !== undefined) return readSqlite(bytes, log, fault);
  if (isNdb(bytes)) return readNdb(bytes, fault);
  if (isBerkeleyDb(bytes)) return readBerkeleyDb(bytes, fault);
  fault(bytes.length === 0 ? "an empty file" : "not a database of rpm");
  return [];
}
