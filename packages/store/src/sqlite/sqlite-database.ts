import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { SqliteDatabase, SqliteStatement } from "kysely";
import { type Flushing, openForReading, openForWriting, sqliteValue } from "./sqlite-connection.ts";
import { storeErrorOf } from "./sqlite-error.ts";
import { Statements } from "./statements.ts";

/** Opens a file to write as the database that Kysely's SQLite dialect expects. Throws StoreError. */
export function openSqliteDatabase(file: string, flushing: Flushing = "full"): SqliteDatabase {
  return databaseOf(named(() => openForWriting(file, flushing)));
}

/** Opens a file that a writer has open. Throws StoreError. */
export function openSqliteReader(file: string): SqliteDatabase {
  return databaseOf(named(() => openForReading(file)));
}

function databaseOf(database: DatabaseSync): SqliteDatabase {
  const statements = new Statements<SqliteStatement>((sql) => {
    const prepare = () => named(() => database.prepare(sql));
    // What is read bit by bit is prepared by itself: two readers must not share a place in the rows.
    return statementOf(prepare(), prepare);
  });
  return { close: () => database.close(), prepare: (sql) => statements.prepare(sql) };
}

function statementOf(statement: StatementSync, again: () => StatementSync): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: (values) => named(() => statement.all(...values.map(sqliteValue))),
    run: (values) => named(() => statement.run(...values.map(sqliteValue))),
    iterate: (values) => again().iterate(...values.map(sqliteValue)),
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
