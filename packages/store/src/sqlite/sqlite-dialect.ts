import { SqliteDialect } from "kysely";
import type { StoreDialect } from "../store-dialect.ts";
import { openSqliteDatabase } from "./sqlite-database.ts";

/** The embedded database: one file, opened by one process. */
export function sqliteDialect(file: string): StoreDialect {
  return {
    dialect: new SqliteDialect({ database: openSqliteDatabase(file) }),
    bytes: "blob",
    // Without AUTOINCREMENT, SQLite would give a pruned sequence out again, and a reader would miss a change.
    sequence: (column) => column.primaryKey().autoIncrement(),
  };
}
