import { backup, DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import type { SqliteDatabase, SqliteStatement } from "kysely";
import { storeErrorOf } from "./sqlite-error.ts";

const BUSY_TIMEOUT_MS = 5_000;

/**
 * Opens a file as the database that Kysely's SQLite dialect expects. Write-ahead log with `synchronous = FULL`:
 * when a transaction has returned, it survives a killed process and a power cut
 * (https://www.sqlite.org/pragma.html#pragma_synchronous). Throws StoreError.
 */
export function openSqliteDatabase(file: string): SqliteDatabase {
  const database = named(() => new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS }));
  try {
    named(() => {
      database.exec("pragma journal_mode = wal");
      database.exec("pragma synchronous = full");
      database.exec("pragma foreign_keys = on");
      database.exec("pragma trusted_schema = off");
    });
  } catch (thrown) {
    database.close();
    throw thrown;
  }
  return {
    close: () => database.close(),
    prepare: (sql) => statementOf(named(() => database.prepare(sql))),
  };
}

/** Copies a database that is in use (https://www.sqlite.org/backup.html). Throws StoreError. */
export async function copySqliteDatabase(file: string, target: string): Promise<void> {
  const source = named(() => new DatabaseSync(file, { readOnly: true, timeout: BUSY_TIMEOUT_MS }));
  try {
    await backup(source, target);
  } catch (thrown) {
    throw storeErrorOf(thrown);
  } finally {
    source.close();
  }
}

function statementOf(statement: StatementSync): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: (values) => named(() => statement.all(...values.map(inputOf))),
    run: (values) => named(() => statement.run(...values.map(inputOf))),
    iterate: (values) => statement.iterate(...values.map(inputOf)),
  };
}

/** Runs a call to SQLite and gives its errors our names. */
function named<Result>(call: () => Result): Result {
  try {
    return call();
  } catch (thrown) {
    throw storeErrorOf(thrown);
  }
}

function inputOf(value: unknown): SQLInputValue {
  if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "bigint") {
    return value;
  }
  if (value instanceof Uint8Array) return value;
  throw new TypeError(`SQLite takes no ${typeof value}`);
}
