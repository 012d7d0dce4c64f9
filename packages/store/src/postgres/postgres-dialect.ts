import { PostgresDialect, type SqlBool, sql } from "kysely";
import type { StoreDialect, StoreLock } from "../store-dialect.ts";
import { PostgresAnnouncements } from "./postgres-announcements.ts";
import { isConflict } from "./postgres-error.ts";
import { PostgresJobQueue, prepareJobs } from "./postgres-job-queue.ts";
import { MAX_CONNECTIONS, namedPool, openPool, type PostgresOptions, primaryOf } from "./postgres-pool.ts";

/** The first half of our advisory locks' keys, so that they are not those of another program in the database. */
const LOCK_SPACE = 0x70_72_61_74;
const lockKeys: Readonly<Record<StoreLock, number>> = { migrations: 1, writes: 2 };

/** A database that several servers share. */
export function postgresDialect(options: PostgresOptions): StoreDialect {
  const primary = primaryOf(options);
  const { maxConnections = MAX_CONNECTIONS } = options;
  return {
    dialect: new PostgresDialect({ pool: namedPool(openPool(primary, { maxConnections })) }),
    isShared: true,
    bytes: "bytea",
    // Otherwise the order would be that of the database's language, and change with the system's libraries.
    text: sql`text collate "C"`,
    counter: "bigint",
    nowMs: sql<number>`cast(extract(epoch from clock_timestamp()) * 1000 as bigint)`,
    fits: (text, pattern) => {
      const like = pattern.replaceAll(/[\\%_]/gu, String.raw`\$&`).replaceAll("*", "%");
      return sql<SqlBool>`${text} like ${like} escape '\\'`;
    },
    sequence: (column) => column.primaryKey().generatedByDefaultAsIdentity(),
    resumeCounting: async (transaction, { table, column }) => {
      await sql`select setval(pg_get_serial_sequence(${table}, ${column}), (
        select max(${sql.ref(column)}) from ${sql.table(table)}))`.execute(transaction);
    },
    // Released after the transaction can be seen by others, not before: whoever waits for it sees what was written.
    lock: async (transaction, lock) => {
      // Another server may be at its migrations for longer than any statement should take.
      if (lock === "migrations") {
        await sql`set local statement_timeout = 0`.execute(transaction);
        await sql`set local lock_timeout = 0`.execute(transaction);
      }
      await sql`select pg_advisory_xact_lock(${sql.lit(LOCK_SPACE)}, ${sql.lit(lockKeys[lock])})`.execute(
        transaction,
      );
    },
    snapshot: (database, read) =>
      database.transaction().setIsolationLevel("repeatable read").setAccessMode("read only").execute(read),
    // Vacuuming alone takes deleted rows out of the files, and it does so by itself.
    overwriting: (database, work) => database.transaction().execute(work),
    announcements: new PostgresAnnouncements(primary),
    prepare: () => prepareJobs(primary),
    jobs: (database) => new PostgresJobQueue(database, primary),
    isConflict,
  };
}
