import type {
  ColumnDefinitionBuilder,
  Dialect,
  Expression,
  Kysely,
  RawBuilder,
  SqlBool,
  Transaction,
} from "kysely";
import type { JobQueue } from "./jobs/job-queue.ts";
import type { Schema } from "./schema.ts";

/** What has to be done by one at a time, among all servers that share a database. */
export type StoreLock = "migrations" | "writes";

/** All in which one database differs from another. A member of this family is one folder. */
export interface StoreDialect {
  readonly dialect: Dialect;
  /** True where several servers may have the store at once. */
  readonly isShared?: true;
  /** The name of the type of a column of bytes. */
  readonly bytes: "blob" | "bytea";
  /** The type of a column of text, which is ordered by its bytes. */
  readonly text: "text" | RawBuilder<unknown>;
  /** The type of a column that is made a {@link sequence}. */
  readonly counter: "integer" | "bigint";
  /** The database's own clock, in milliseconds since 1970: the same one for all servers. */
  readonly nowMs: RawBuilder<number>;
  /**
   * True where a text fits a pattern in which `*` stands for any run of characters and all else for itself, case
   * included.
   */
  fits(text: Expression<string>, pattern: string): Expression<SqlBool>;
  /** Makes a column the primary key that counts upwards and never gives a number twice. */
  sequence(column: ColumnDefinitionBuilder): ColumnDefinitionBuilder;
  /** Lets a counting column go on after the largest number that was written into it. */
  resumeCounting(
    transaction: Transaction<Schema>,
    counter: { readonly table: string; readonly column: string },
  ): Promise<void>;
  /** Waits until no other transaction holds the lock, and holds it until this one has ended and can be seen. */
  lock(transaction: Transaction<Schema>, lock: StoreLock): Promise<void>;
  /** Runs reads that all see the store as it is at the first of them, and that keep nobody from writing. */
  snapshot<Result>(
    database: Kysely<Schema>,
    read: (transaction: Transaction<Schema>) => Promise<Result>,
  ): Promise<Result>;
  /** Runs a transaction whose deletions leave nothing behind in the database's files, as far as it can be helped. */
  overwriting<Result>(
    database: Kysely<Schema>,
    work: (transaction: Transaction<Schema>) => Promise<Result>,
  ): Promise<Result>;
  /** Lets {@link Announcements.listen}'s listeners on other servers know, if and when the transaction is stored. */
  readonly announcements: Announcements;
  /** Makes what the member needs besides the tables. Called by one server at a time, before the migrations. */
  prepare(): Promise<void>;
  /** The queue of jobs; the tables are there. */
  jobs(database: Kysely<Schema>): JobQueue;
  /** True for an error of two transactions that waited for each other: the same work succeeds when it is done again. */
  isConflict(thrown: unknown): boolean;
}

/** How servers that share a database tell each other that something has changed. */
export interface Announcements {
  /** Says so to the others, if and when the transaction is stored. */
  announce(transaction: Transaction<Schema>): Promise<void>;
  /**
   * From when it resolves on, the listener is called when another server has announced something, or may have.
   * At most one listener.
   */
  listen(heard: () => void): Promise<void>;
  close(): Promise<void>;
}
