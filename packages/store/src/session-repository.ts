import { createHash } from "node:crypto";
import type { Kysely } from "kysely";
import type { Schema, SecretTable } from "./schema.ts";

/** Something secret that stands for an account until it expires. */
export interface Grant {
  readonly token: string;
  readonly account: string;
  readonly expiresAtMs: number;
}

/** Whom a token stood for. */
export interface Granted {
  readonly account: string;
  readonly expiresAtMs: number;
}

/** Sign-in tokens and sessions. Only hashes of tokens are stored: who reads the file cannot sign in. */
export class SessionRepository {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  /** Stores a sign-in token, and forgets those of the same account and those that have expired. */
  async addSignInToken(grant: Grant, nowMs: number): Promise<void> {
    await this.#database.deleteFrom("sign_in_tokens").where("expires_at_ms", "<=", nowMs).execute();
    await this.endSignInTokens(grant.account);
    await this.#database.insertInto("sign_in_tokens").values(rowOf(grant)).execute();
  }

  /** Ends the sign-in tokens of an account that nobody has used. */
  async endSignInTokens(account: string): Promise<void> {
    await this.#database.deleteFrom("sign_in_tokens").where("account", "=", account).execute();
  }

  /** Uses up a sign-in token: of two calls at once, one gets the account and the other undefined. */
  async redeemSignInToken(token: string, nowMs: number): Promise<Granted | undefined> {
    const row = await this.#database
      .deleteFrom("sign_in_tokens")
      .where("token_hash", "=", hashOf(token))
      .returning(["account", "expires_at_ms"])
      .executeTakeFirst();
    return granted(row, nowMs);
  }

  /** Stores a session, and forgets those that have expired. */
  async addSession(grant: Grant, nowMs: number): Promise<void> {
    await this.#database.deleteFrom("sessions").where("expires_at_ms", "<=", nowMs).execute();
    await this.#database.insertInto("sessions").values(rowOf(grant)).execute();
  }

  async findSession(token: string, nowMs: number): Promise<Granted | undefined> {
    const row = await this.#database
      .selectFrom("sessions")
      .select(["account", "expires_at_ms"])
      .where("token_hash", "=", hashOf(token))
      .executeTakeFirst();
    return granted(row, nowMs);
  }

  async endSession(token: string): Promise<void> {
    await this.#database.deleteFrom("sessions").where("token_hash", "=", hashOf(token)).execute();
  }
}

function granted(
  row: Pick<SecretTable, "account" | "expires_at_ms"> | undefined,
  nowMs: number,
): Granted | undefined {
  if (row === undefined || Number(row.expires_at_ms) <= nowMs) return undefined;
  return { account: row.account, expiresAtMs: Number(row.expires_at_ms) };
}

function rowOf({ token, account, expiresAtMs }: Grant): SecretTable {
  return { token_hash: hashOf(token), account, expires_at_ms: expiresAtMs };
}

/** A plain hash is enough: tokens are 256 random bits, so there is nothing to guess. */
function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
