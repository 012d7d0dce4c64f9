import type { Kysely, Transaction } from "kysely";
import { type Change, type ChangeKind, changeKinds, type Write } from "./change.ts";
import { GroupCommit } from "./group-commit.ts";
import type { Schema } from "./schema.ts";
import type { StoreDialect } from "./store-dialect.ts";

export interface NumberedChange extends Change {
  readonly sequence: number;
}

/** What a reader of the feed has missed. `complete` is false where some of it has been forgotten already. */
export interface ChangesSince {
  readonly complete: boolean;
  readonly changes: readonly NumberedChange[];
}

/** How many changes are kept for readers who come back. */
const KEPT = 10_000;

/** Rows of one INSERT: below what either database takes as parameters. */
const ROWS_AT_ONCE = 500;

/**
 * The order of all changes. It is written in the transaction of the change itself, so that none is missed.
 *
 * Writers go one after the other, on every database and across all servers. So sequences are stored in their order:
 * who has read up to one will never find a lower one later.
 */
export class ChangeFeed {
  readonly #database: Kysely<Schema>;
  readonly #dialect: StoreDialect;
  readonly #commits: GroupCommit;
  readonly #listeners = new Set<() => void>();

  constructor(database: Kysely<Schema>, dialect: StoreDialect) {
    this.#database = database;
    this.#dialect = dialect;
    this.#commits = new GroupCommit({
      database,
      dialect,
      append: (transaction, changes) => this.#append(transaction, changes),
      tell: () => this.#tell(),
    });
  }

  /** Begins to tell the listeners of what other servers change. */
  async start(): Promise<void> {
    await this.#dialect.announcements.listen(() => this.#tell());
  }

  /** The number of the last change; 0 where there was none. */
  async last(): Promise<number> {
    const row = await this.#database
      .selectFrom("changes")
      .select(({ fn }) => fn.max("sequence").as("last"))
      .executeTakeFirst();
    return Number(row?.last ?? 0);
  }

  /** The changes after one, oldest first, at most `limit`. */
  async since(sequence: number, limit: number): Promise<ChangesSince> {
    const rows = await this.#database
      .selectFrom("changes")
      .selectAll()
      .where("sequence", ">", sequence)
      .orderBy("sequence")
      .limit(limit)
      .execute();
    const changes = rows.map((row) => ({
      sequence: row.sequence,
      kind: kindOf(row.kind),
      subject: row.subject,
    }));
    // Most often the next one is there, so that none between can have been forgotten.
    const follows = Number(changes[0]?.sequence) === sequence + 1;
    return { complete: follows || (await this.#holdsAfter(sequence)), changes };
  }

  /** Whether nothing after a change has been forgotten, and it was one. */
  async #holdsAfter(sequence: number): Promise<boolean> {
    const first = await this.#database
      .selectFrom("changes")
      .select(({ fn }) => fn.min("sequence").as("first"))
      .executeTakeFirst();
    return sequence + 1 >= Number(first?.first ?? 0) && sequence <= (await this.last());
  }

  /**
   * Calls the listener after each transaction that changed something, here or on another server; perhaps also when
   * none did. Returns what ends that.
   */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Runs a write together with the changes that it makes, and tells the listeners when both are stored. The work is
   * done again where another transaction was in its way, so it must have no effect but on its transaction.
   */
  async write<Result>(work: Write<Result>): Promise<Result> {
    return await this.#commits.write(work);
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }

  async #append(transaction: Transaction<Schema>, changes: readonly Change[]): Promise<void> {
    let last = 0;
    for (let from = 0; from < changes.length; from += ROWS_AT_ONCE) {
      const rows = await transaction
        .insertInto("changes")
        .values(changes.slice(from, from + ROWS_AT_ONCE).map(({ kind, subject }) => ({ kind, subject })))
        .returning("sequence")
        .execute();
      for (const { sequence } of rows) last = Math.max(last, sequence);
    }
    await transaction
      .deleteFrom("changes")
      .where("sequence", "<=", last - KEPT)
      .execute();
    await this.#dialect.announcements.announce(transaction);
  }
}

function kindOf(text: string): ChangeKind {
  return changeKinds.find((kind) => kind === text) ?? "host";
}
