import type { Kysely, Transaction } from "kysely";
import type { Schema } from "./schema.ts";

type ChangeKind = "image" | "launch" | "host";

/** Something that became different, and the id of what it was. */
export interface Change {
  readonly kind: ChangeKind;
  readonly subject: string;
}

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

/** The order of all changes. It is written in the transaction of the change itself, so that none is missed. */
export class ChangeFeed {
  readonly #database: Kysely<Schema>;
  readonly #listeners = new Set<() => void>();

  constructor(database: Kysely<Schema>) {
    this.#database = database;
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
    const first = await this.#database
      .selectFrom("changes")
      .select(({ fn }) => fn.min("sequence").as("first"))
      .executeTakeFirst();
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
    return {
      complete: sequence + 1 >= Number(first?.first ?? 0) && sequence <= (await this.last()),
      changes,
    };
  }

  /** Calls the listener after each transaction that changed something. Returns what ends that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Runs a write together with the changes that it makes, and tells the listeners when both are stored. */
  async write<Result>(
    work: (transaction: Transaction<Schema>, changed: (change: Change) => void) => Promise<Result>,
  ): Promise<Result> {
    const made: Change[] = [];
    const result = await this.#database.transaction().execute(async (transaction) => {
      const answer = await work(transaction, (change) => made.push(change));
      await this.#append(transaction, made);
      return answer;
    });
    if (made.length > 0) for (const listener of this.#listeners) listener();
    return result;
  }

  async #append(transaction: Transaction<Schema>, changes: readonly Change[]): Promise<void> {
    let last = 0;
    for (const { kind, subject } of changes) {
      const row = await transaction
        .insertInto("changes")
        .values({ kind, subject })
        .returning("sequence")
        .executeTakeFirstOrThrow();
      last = row.sequence;
    }
    if (last > KEPT) {
      await transaction
        .deleteFrom("changes")
        .where("sequence", "<=", last - KEPT)
        .execute();
    }
  }
}

function kindOf(text: string): ChangeKind {
  return text === "image" || text === "launch" ? text : "host";
}
