import { createHash } from "node:crypto";
import { type Kysely, type Selectable, sql } from "kysely";
import type { Schema } from "../schema.ts";
import type { SignInAttemptTable } from "./people-schema.ts";

/** What is remembered of attempts that count together. Milliseconds since 1970. */
export interface StoredAttempts {
  readonly failures: number;
  /** No attempt is let through before this moment. */
  readonly openAtMs: number;
  readonly forgetAtMs: number;
}

/** The attempts by what they count for. */
export type AttemptsByKey = ReadonlyMap<string, StoredAttempts>;

/** Others look for what may be forgotten as well: it need not happen at each attempt. */
const PRUNE_EVERY = 100;
/** Far more than people make: whoever calls from everywhere shall not fill the database. */
const MAX_REMEMBERED = 100_000;

/**
 * Attempts to sign in, and where logins have been signed in from, for all servers that share the database. Keys are
 * kept as hashes: people type their password where the login belongs.
 */
export class SignInAttemptRepository {
  readonly #database: Kysely<Schema>;
  #untilPruned = PRUNE_EVERY;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  /**
   * Shows what is remembered under some keys, and remembers what the work makes of it. No other server reads or writes
   * these keys meanwhile.
   */
  async change(
    keys: readonly string[],
    { nowMs, work }: { readonly nowMs: number; readonly work: (known: AttemptsByKey) => AttemptsByKey },
  ): Promise<void> {
    await this.#prune(nowMs);
    const hashes = new Map(keys.map((key) => [hashOf(key), key]));
    // Every server takes them in the same order: two never wait for each other.
    const sorted = [...hashes.keys()].sort();
    await this.#database.transaction().execute(async (transaction) => {
      // Writing a row as it is locks it, before anybody takes it for one that may be forgotten.
      const rows = await transaction
        .insertInto("sign_in_attempts")
        .values(sorted.map((key) => ({ key, failures: 0, open_at_ms: 0, forget_at_ms: 0 })))
        .onConflict((conflict) =>
          conflict.column("key").doUpdateSet(({ ref }) => ({ key: ref("excluded.key") })),
        )
        .returningAll()
        .execute();
      const known = rows
        .map((row): [string, StoredAttempts] => [hashes.get(row.key) ?? "", attemptsOf(row)])
        .filter(([, { forgetAtMs }]) => forgetAtMs > nowMs);
      for (const [key, { failures, openAtMs, forgetAtMs }] of work(new Map(known))) {
        await transaction
          .updateTable("sign_in_attempts")
          .set({ failures, open_at_ms: openAtMs, forget_at_ms: forgetAtMs })
          .where("key", "=", hashOf(key))
          .execute();
      }
    });
  }

  async find(key: string, nowMs: number): Promise<StoredAttempts | undefined> {
    const row = await this.#database
      .selectFrom("sign_in_attempts")
      .selectAll()
      .where("key", "=", hashOf(key))
      .where("forget_at_ms", ">", nowMs)
      .executeTakeFirst();
    return row && attemptsOf(row);
  }

  /** Whether a login has been signed in from a place. */
  async knows(place: string, nowMs: number): Promise<boolean> {
    return (await this.find(placeKey(place), nowMs)) !== undefined;
  }

  async remember(place: string, forgetAtMs: number): Promise<void> {
    await this.#database
      .insertInto("sign_in_attempts")
      .values({ key: hashOf(placeKey(place)), failures: 0, open_at_ms: 0, forget_at_ms: forgetAtMs })
      .onConflict((conflict) => conflict.column("key").doUpdateSet({ forget_at_ms: forgetAtMs }))
      .execute();
  }

  /** What makes room is what would be forgotten next; places are remembered for longer than attempts. */
  async #prune(nowMs: number): Promise<void> {
    this.#untilPruned -= 1;
    if (this.#untilPruned > 0) return;
    this.#untilPruned = PRUNE_EVERY;
    await sql`
      delete from sign_in_attempts where key in (
        select key from sign_in_attempts where forget_at_ms <= ${nowMs} or forget_at_ms < coalesce((
          select forget_at_ms from sign_in_attempts order by forget_at_ms desc limit 1 offset ${MAX_REMEMBERED}), 0)
        for update skip locked)`.execute(this.#database);
  }
}

function placeKey(place: string): string {
  return `place ${place}`;
}

function attemptsOf({ failures, open_at_ms, forget_at_ms }: Selectable<SignInAttemptTable>): StoredAttempts {
  return { failures, openAtMs: Number(open_at_ms), forgetAtMs: Number(forget_at_ms) };
}

function hashOf(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}
