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
  const statements = new Statements(database);
  return { close: () => database.close(), prepare: (sql) => statements.prepare(sql) };
}

/** Statements that are kept: a server asks the same few hundred questions all day. */
const MAX_STATEMENTS = 500;
/** A longer one inserts many rows: it takes more memory than it saves time. */
const MAX_KEPT_CHARS = 4096;

/**
 * Prepares each text once: that takes longer than most statements run. Those that were not asked for longest are
 * forgotten.
 */
class Statements {
  readonly #database: DatabaseSync;
  readonly #kept = new Map<string, SqliteStatement>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  prepare(sql: string): SqliteStatement {
    if (sql.length > MAX_KEPT_CHARS) return this.#make(sql);
    const kept = this.#kept.get(sql);
    const statement = kept ?? this.#make(sql);
    if (kept !== undefined) this.#kept.delete(sql);
    this.#kept.set(sql, statement);
    if (this.#kept.size > MAX_STATEMENTS) this.#forgetOldest();
    return statement;
  }

  #make(sql: string): SqliteStatement {
    const prepare = () => named(() => this.#database.prepare(sql));
    // What is read bit by bit is prepared by itself: two readers must not share a place in the rows.
    return statementOf(prepare(), prepare);
  }

  #forgetOldest(): void {
    for (const oldest of this.#kept.keys()) {
      this.#kept.delete(oldest);
      return;
    }
  }
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

function statementOf(statement: StatementSync, again: () => StatementSync): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: (values) => named(() => statement.all(...values.map(inputOf))),
    run: (values) => named(() => statement.run(...values.map(inputOf))),
    iterate: (values) => again().iterate(...values.map(inputOf)),
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
