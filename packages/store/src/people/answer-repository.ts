import type { Kysely } from "kysely";
import type { Schema } from "../schema.ts";

/** An answer as it was sent, its body sealed. */
export interface StoredAnswer {
  readonly status: number;
  readonly sealedBody: string;
}

/** A key that stands for one call. */
export interface AnswerKey {
  readonly key: string;
  /** Of the call: another call under the same key is a mistake. */
  readonly fingerprint: string;
  readonly nowMs: number;
  readonly expiresAtMs: number;
}

/** The answers to calls that may be repeated. */
export class AnswerRepository {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  /** Takes a key: `taken` for the first call; `underway` until it has ended, `other` for another call. */
  async take(taking: AnswerKey): Promise<"taken" | "underway" | "other" | StoredAnswer> {
    const { key, fingerprint, nowMs, expiresAtMs } = taking;
    await this.#database.deleteFrom("answers").where("expires_at_ms", "<=", nowMs).execute();
    const taken = await this.#database
      .insertInto("answers")
      .values({ key, fingerprint, status: null, sealed_body: null, expires_at_ms: expiresAtMs })
      .onConflict((conflict) => conflict.doNothing())
      .returning("key")
      .executeTakeFirst();
    if (taken !== undefined) return "taken";
    const row = await this.#database
      .selectFrom("answers")
      .selectAll()
      .where("key", "=", key)
      .executeTakeFirst();
    if (row !== undefined && row.fingerprint !== fingerprint) return "other";
    // A key that was let go of just now is as good as underway: the caller comes again.
    if (row === undefined || row.status === null || row.sealed_body === null) return "underway";
    return { status: row.status, sealedBody: row.sealed_body };
  }

  /** Remembers the answer until a moment that may be later than that of the taking. */
  async keep(key: string, { status, sealedBody }: StoredAnswer, expiresAtMs: number): Promise<void> {
    await this.#database
      .updateTable("answers")
      .set({ status, sealed_body: sealedBody, expires_at_ms: expiresAtMs })
      .where("key", "=", key)
      .execute();
  }

  /** Lets go of a key whose call failed. */
  async release(key: string): Promise<void> {
    await this.#database.deleteFrom("answers").where("key", "=", key).where("status", "is", null).execute();
  }
}
