import { createHash } from "node:crypto";
import type { Kysely } from "kysely";
import type { Schema } from "../schema.ts";
import type { SignInTokenTable } from "./people-schema.ts";

/** Twice as long as the longest is good for: the clocks of servers differ. */
const MAX_VALID_MS = 2 * 86_400_000;

/** The secret of a link that signs in, once and until it expires: a day at most. */
export interface SignInToken {
  /** 256 random bits. */
  readonly token: string;
  readonly account: string;
  readonly expiresAtMs: number;
}

/** The secrets of links that sign in. Only hashes are stored: who reads the database cannot sign in. */
export class SignInTokenRepository {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  /** Stores a token, and forgets those of the same account and those that have expired. */
  async add(token: SignInToken, nowMs: number): Promise<void> {
    await this.#database.deleteFrom("sign_in_tokens").where("expires_at_ms", "<=", nowMs).execute();
    await this.end(token.account);
    await this.#database.insertInto("sign_in_tokens").values(rowOf(token)).execute();
  }

  /** Ends the tokens of an account that nobody has used. */
  async end(account: string): Promise<void> {
    await this.#database.deleteFrom("sign_in_tokens").where("account", "=", account).execute();
  }

  /**
   * Uses up a token: of two calls at once, one gets the account and the other undefined. One that would be good for longer
   * than any is was made while the clock was ahead, and is refused.
   */
  async redeem(token: string, nowMs: number): Promise<string | undefined> {
    const row = await this.#database
      .deleteFrom("sign_in_tokens")
      .where("token_hash", "=", hashOf(token))
      .returning(["account", "expires_at_ms"])
      .executeTakeFirst();
    const leftMs = row === undefined ? 0 : Number(row.expires_at_ms) - nowMs;
    return leftMs > 0 && leftMs <= MAX_VALID_MS ? row?.account : undefined;
  }
}

function rowOf({ token, account, expiresAtMs }: SignInToken): SignInTokenTable {
  return { token_hash: hashOf(token), account, expires_at_ms: expiresAtMs };
}

/** A plain hash is enough: tokens are 256 random bits, so there is nothing to guess. */
function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
