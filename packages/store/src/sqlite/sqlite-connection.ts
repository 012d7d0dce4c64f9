import { chmodSync, statSync } from "node:fs";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";

const BUSY_TIMEOUT_MS = 5_000;
/**
 * In KiB, as the pragma wants it negative: what is read again and again is not fetched from the kernel again, and what a
 * group of records touches is written to the log once. SQLite itself would take 2,000.
 */
const CACHE_KIB = 8192;

/**
 * How a writer's commits reach the disk. `full`: when a transaction has returned, it survives a killed process and a
 * power cut (https://www.sqlite.org/pragma.html#pragma_synchronous). `elsewhere`: it survives a killed process, and
 * somebody else flushes the log and carries it over into the database.
 */
export type Flushing = "full" | "elsewhere";

/** Opens a file to write to, with a write-ahead log. */
export function openForWriting(file: string, flushing: Flushing): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
  try {
    if (file !== ":memory:") keepToOwner(file);
    database.exec("pragma journal_mode = wal");
    database.exec(`pragma synchronous = ${flushing === "full" ? "full" : "normal"}`);
    if (flushing === "elsewhere") {
      database.exec("pragma wal_autocheckpoint = 0");
      database.exec(`pragma cache_size = -${CACHE_KIB}`);
    }
    database.exec("pragma foreign_keys = on");
    database.exec("pragma trusted_schema = off");
  } catch (thrown) {
    database.close();
    throw thrown;
  }
  return database;
}

/** Whatever the directory allows. SQLite gives the files beside it the mode that it has. */
function keepToOwner(file: string): void {
  if ((statSync(file).mode & 0o077) !== 0) chmodSync(file, 0o600);
}

/** Opens a file that a writer has open. What the writer has stored when a read begins, the read sees. */
export function openForReading(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
  try {
    database.exec("pragma trusted_schema = off");
    database.exec(`pragma cache_size = -${CACHE_KIB}`);
  } catch (thrown) {
    database.close();
    throw thrown;
  }
  return database;
}

export function sqliteValue(value: unknown): SQLInputValue {
  if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "bigint") {
    return value;
  }
  if (value instanceof Uint8Array) return value;
  throw new TypeError(`SQLite takes no ${typeof value}`);
}

/** SQLite's own code of an error (https://www.sqlite.org/rescode.html); undefined for what is none of its errors. */
export function errorCodeOf(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error) || !("errcode" in thrown)) return undefined;
  return typeof thrown.errcode === "number" ? thrown.errcode : undefined;
}
