import type { JsonObject } from "@pratique/core";
import type { Kysely, Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import { holdsLease, type Lease } from "./lease-repository.ts";

/** Something that somebody should hear of, before it is known who. */
export interface NewNotice {
  /** What is told once has a key: a notice with a key that was told before is not told again. */
  readonly once?: string;
  readonly value: JsonObject;
}

/** A notice that waits to be taken over by the server that delivers. */
export interface WaitingNotice {
  readonly number: number;
  readonly value: JsonObject;
}

/** What is not to be lost of notifications that are on their way, as text. */
export interface PendingNotification {
  readonly id: string;
  readonly value: string;
}

export interface PendingNotificationChange {
  readonly put: readonly PendingNotification[];
  readonly remove: readonly string[];
}

/** Rows of one statement: below what either database takes as parameters. */
const ROWS_AT_ONCE = 500;

/** Notices from their event until they are delivered. */
export class NoticeRepository {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  /** Adds notices. When it resolves, they survive a killed process. Gives how many are new. */
  async add(notices: readonly NewNotice[], nowMs: number): Promise<number> {
    return await this.#database
      .transaction()
      .execute((transaction) => addNotices(transaction, notices, nowMs));
  }

  /** The oldest that wait. */
  async waiting(limit: number): Promise<readonly WaitingNotice[]> {
    const rows = await this.#database
      .selectFrom("notices")
      .selectAll()
      .orderBy("number")
      .limit(limit)
      .execute();
    return rows.map(({ number, value }) => ({ number: Number(number), value: JSON.parse(value) }));
  }

  /** Forgets those that were taken over. */
  async drop(numbers: readonly number[]): Promise<void> {
    for (let from = 0; from < numbers.length; from += ROWS_AT_ONCE) {
      const some = numbers.slice(from, from + ROWS_AT_ONCE);
      await this.#database.deleteFrom("notices").where("number", "in", some).execute();
    }
  }

  /** Forgets what was told before a moment. What is still so then is told again. */
  async forgetTold(beforeMs: number): Promise<void> {
    await this.#database.deleteFrom("told_notices").where("at_ms", "<", beforeMs).execute();
  }

  /** All that is on its way, by id. */
  async pending(): Promise<readonly PendingNotification[]> {
    return await this.#database.selectFrom("pending_notifications").selectAll().orderBy("id").execute();
  }

  /** Writes a change down, all or nothing. False, and nothing written, where the lease is another server's by now. */
  async commitPending({ put, remove }: PendingNotificationChange, lease: Lease): Promise<boolean> {
    return await this.#database.transaction().execute(async (transaction) => {
      if (!(await holdsLease(transaction, lease))) return false;
      for (let from = 0; from < put.length; from += ROWS_AT_ONCE) {
        await transaction
          .insertInto("pending_notifications")
          .values(put.slice(from, from + ROWS_AT_ONCE))
          .onConflict((conflict) =>
            conflict.column("id").doUpdateSet(({ ref }) => ({ value: ref("excluded.value") })),
          )
          .execute();
      }
      for (let from = 0; from < remove.length; from += ROWS_AT_ONCE) {
        await transaction
          .deleteFrom("pending_notifications")
          .where("id", "in", remove.slice(from, from + ROWS_AT_ONCE))
          .execute();
      }
      return true;
    });
  }
}

async function addNotices(
  transaction: Transaction<Schema>,
  notices: readonly NewNotice[],
  nowMs: number,
): Promise<number> {
  let added = 0;
  for (const { once, value } of notices) {
    if (once !== undefined && !(await isFirst(transaction, once, nowMs))) continue;
    await transaction
      .insertInto("notices")
      .values({ value: JSON.stringify(value) })
      .execute();
    added += 1;
  }
  return added;
}

async function isFirst(transaction: Transaction<Schema>, key: string, nowMs: number): Promise<boolean> {
  const row = await transaction
    .insertInto("told_notices")
    .values({ key, at_ms: nowMs })
    .onConflict((conflict) => conflict.doNothing())
    .returning("key")
    .executeTakeFirst();
  return row !== undefined;
}
