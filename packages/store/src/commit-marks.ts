import { randomUUID } from "node:crypto";
import { sql, type Transaction } from "kysely";
import { tooNew } from "./migrate.ts";
import { migrations } from "./migrations/migrations.ts";
import type { Schema } from "./schema.ts";
import type { StoreDialect } from "./store-dialect.ts";

/** A row is forgotten when its writer has written nothing for so long. */
const KEPT_MS = 7 * 86_400_000;
/** Their names begin with their numbers, all equally long. */
const NEWEST_MIGRATION = migrations.at(-1)?.name ?? "";

/**
 * Tells whether a transaction was stored of which the commit was not answered. Each transaction leaves its number in the
 * row of its writer, in the database itself: so it is told rightly also by a server that took the place of another, and
 * has or has not got what was committed there.
 */
export class CommitMarks {
  readonly #dialect: StoreDialect;
  readonly #writer = randomUUID();
  #last = 0;

  constructor(dialect: StoreDialect) {
    this.#dialect = dialect;
  }

  /**
   * Marks a transaction, and gives the mark. One transaction of a writer follows the other. Throws `STORE_TOO_NEW` where a
   * later version has changed the tables since this one opened them: what it would leave out of them, nobody knows here.
   */
  async mark(transaction: Transaction<Schema>): Promise<number> {
    const { nowMs } = this.#dialect;
    if (this.#last === 0) {
      await transaction
        .deleteFrom("commit_marks")
        .where("marked_ms", "<", ({ eb, lit }) => eb(nowMs, "-", lit(KEPT_MS)))
        .execute();
    }
    this.#last += 1;
    const columns = { mark: this.#last, marked_ms: nowMs };
    const { newest } = await transaction
      .insertInto("commit_marks")
      .values({ writer: this.#writer, ...columns })
      .onConflict((conflict) => conflict.column("writer").doUpdateSet(columns))
      .returning(sql<string>`(select max(name) from kysely_migration)`.as("newest"))
      .executeTakeFirstOrThrow();
    if (newest > NEWEST_MIGRATION) throw tooNew(newest);
    return this.#last;
  }

  /** Whether the transaction with a mark is stored. It has to have ended: who asks holds the lock that it held. */
  async isStored(transaction: Transaction<Schema>, mark: number): Promise<boolean> {
    const row = await transaction
      .selectFrom("commit_marks")
      .select("mark")
      .where("writer", "=", this.#writer)
      .executeTakeFirst();
    return Number(row?.mark) === mark;
  }
}
