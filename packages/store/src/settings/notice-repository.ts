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

/** Kept among the settings, but not told to the feed: it would never come to rest. */
const POSITION = "notices.position";

/** Rows of one statement: below what either database takes as parameters. */
const ROWS_AT_ONCE = 500;

/** Notices from their event until they are delivered. */
export class NoticeRepository {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  /**
   * Adds notices. When it resolves, they survive a killed process. Gives how many are new. With a `position`, it is
   * remembered in the same transaction that the feed of changes was read up to there.
   */
  async add(notices: readonly NewNotice[], nowMs: number, position?: number): Promise<number> {
    return await this.#database.transaction().execute(async (transaction) => {
      if (position !== undefined) await movePosition(transaction, position);
      return await addNotices(transaction, notices, nowMs);
    });
  }

  /** Up to where the feed of changes was read; undefined where it never was. */
  async position(): Promise<number | undefined> {
    const row = await this.#database
      .selectFrom("settings")
      .select("value")
      .where("name", "=", POSITION)
      .executeTakeFirst();
    return row && Number(row.value);
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

async function movePosition(transaction: Transaction<Schema>, position: number): Promise<void> {
  const columns = { value: String(position), revision: "" };
  await transaction
    .insertInto("settings")
    .values({ name: POSITION, ...columns })
    .onConflict((conflict) => conflict.column("name").doUpdateSet(columns))
    .execute();
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
