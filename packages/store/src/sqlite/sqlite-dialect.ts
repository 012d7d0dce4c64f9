import { type Dialect, Kysely, type SqlBool, SqliteAdapter, SqliteDialect, sql } from "kysely";
import type { Schema } from "../schema.ts";
import type { StoreDialect } from "../store-dialect.ts";
import { ImmediateDriver } from "./immediate-driver.ts";
import { ReadingDriver } from "./reading-driver.ts";
import { openSqliteDatabase } from "./sqlite-database.ts";
import { SqliteJobQueue } from "./sqlite-job-queue.ts";
import { SqliteReaders } from "./sqlite-readers.ts";
import { WalSync } from "./wal-sync.ts";

/** The embedded database: one file, whose server is alone with it. With reader threads, reads wait for no write. */
export function sqliteDialect(file: string, readerThreads: number): StoreDialect {
  return {
    dialect: writingDialect(file, readerThreads),
    bytes: "blob",
    text: "text",
    counter: "integer",
    nowMs: sql<number>`cast(unixepoch('subsec') * 1000 as integer)`,
    // LIKE knows no case. GLOB does, and has two more special characters, which stand for themselves in a class.
    fits: (text, pattern) => sql<SqlBool>`${text} glob ${pattern.replaceAll(/[?[]/gu, "[$&]")}`,
    // Without AUTOINCREMENT, SQLite would give a pruned sequence out again, and a reader would miss a change.
    sequence: (column) => column.primaryKey().autoIncrement(),
    // SQLite does so by itself: https://www.sqlite.org/autoinc.html
    resumeCounting: async () => undefined,
    // Every transaction has begun as the only writer: see ImmediateDriver.
    lock: async () => undefined,
    snapshot: async (_, read) => {
      // A connection of its own: the other one has a single transaction at a time, and would stand still meanwhile.
      await using reader = new Kysely<Schema>({
        dialect: new SqliteDialect({ database: openSqliteDatabase(file) }),
      });
      return await reader.transaction().execute(read);
    },
    // Deleted rows stay in the file until their place is needed (https://www.sqlite.org/pragma.html#pragma_secure_delete).
    overwriting: (database, work) =>
      database.transaction().execute(async (transaction) => {
        await sql`pragma secure_delete = on`.execute(transaction);
        try {
          return await work(transaction);
        } finally {
          await sql`pragma secure_delete = off`.execute(transaction);
        }
      }),
    announcements: {
      announce: async () => undefined,
      listen: async () => undefined,
      close: async () => undefined,
    },
    prepare: async () => undefined,
    jobs: (database) => new SqliteJobQueue(database),
    isConflict: () => false,
  };
}

/** Kysely would let one read or write at a time. */
class ManyReadersAdapter extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true;
  }
}

function writingDialect(file: string, readerThreads: number): Dialect {
  const alone = readerThreads === 0;
  const config = { database: openSqliteDatabase(file, alone ? "full" : "elsewhere") };
  const dialect = new SqliteDialect(config);
  const writer = new ImmediateDriver(config);
  return {
    createAdapter: () => (alone ? dialect.createAdapter() : new ManyReadersAdapter()),
    createDriver: () => {
      if (alone) return writer;
      const readers = new SqliteReaders(file, readerThreads);
      return new ReadingDriver({ writer, readers, sync: new WalSync(file) });
    },
    createIntrospector: (database) => dialect.createIntrospector(database),
    createQueryCompiler: () => dialect.createQueryCompiler(),
  };
}
