import { createHash } from "node:crypto";
import type { Kysely, Selectable } from "kysely";
import type { Schema } from "../schema.ts";
import type { JoinTokenTable } from "./fleet-schema.ts";
import { type Labels, labelsIn } from "./labels.ts";

/** Lets one host join, once, while it is good. Times are ISO 8601, UTC. */
export interface StoredJoinToken {
  readonly id: string;
  /** The name that the host must have; any where it is empty. */
  readonly host: string;
  /** Labels that the host gets. */
  readonly labels: Labels;
  readonly createdBy: string;
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly usedAt: string | null;
  readonly usedBy: string | null;
}

export interface NewJoinToken extends Omit<StoredJoinToken, "usedAt" | "usedBy"> {
  /** 256 random bits. */
  readonly secret: string;
}

/** The most tokens that are listed; those that are over are forgotten when new ones are made. */
const MAX_LISTED = 1000;
/** For how long a token that is over can still be seen. */
const KEPT_MS = 30 * 86_400_000;
/** The clock may have been set back by so much since a token was made, or be behind that of the server that made it. */
const SET_BACK_MS = 2 * 3_600_000;

/** The tokens with which hosts join. Only hashes of their secrets are stored. */
export class JoinTokenRepository {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  async create({ secret, ...token }: NewJoinToken): Promise<void> {
    const forgotten = new Date(Date.parse(token.createdAt) - KEPT_MS).toISOString();
    await this.#database.deleteFrom("join_tokens").where("expires_at", "<", forgotten).execute();
    await this.#database
      .insertInto("join_tokens")
      .values({
        id: token.id,
        token_hash: hashOf(secret),
        host: token.host,
        labels: JSON.stringify(token.labels),
        created_by: token.createdBy,
        created_at: token.createdAt,
        expires_at: token.expiresAt,
        used_at: null,
        used_by: null,
      })
      .execute();
  }

  /**
   * Uses up a token for a host: of two calls at once, one gets it. Undefined where there is none that is good for this
   * host now; one that was made hours from now, while the clock was ahead, is not. `now` is ISO 8601 with milliseconds.
   */
  async take(
    secret: string,
    { host, now }: { readonly host: string; readonly now: string },
  ): Promise<StoredJoinToken | undefined> {
    const row = await this.#database
      .updateTable("join_tokens")
      .set({ used_at: now, used_by: host })
      .where("token_hash", "=", hashOf(secret))
      .where("used_at", "is", null)
      .where("expires_at", ">", now)
      .where("created_at", "<=", new Date(Date.parse(now) + SET_BACK_MS).toISOString())
      .where("host", "in", ["", host])
      .returningAll()
      .executeTakeFirst();
    return row && tokenOf(row);
  }

  /** Newest first, used and expired ones too. */
  async list(): Promise<readonly StoredJoinToken[]> {
    const rows = await this.#database
      .selectFrom("join_tokens")
      .selectAll()
      .orderBy("created_at", "desc")
      .orderBy("id", "desc")
      .limit(MAX_LISTED)
      .execute();
    return rows.map(tokenOf);
  }

  /** Removes a token that no host has used. False where there is none. */
  async revoke(id: string): Promise<boolean> {
    const { numDeletedRows } = await this.#database
      .deleteFrom("join_tokens")
      .where("id", "=", id)
      .where("used_at", "is", null)
      .executeTakeFirstOrThrow();
    return numDeletedRows > 0n;
  }
}

function tokenOf(row: Selectable<JoinTokenTable>): StoredJoinToken {
  return {
    id: row.id,
    host: row.host,
    labels: labelsIn(JSON.parse(row.labels)),
    createdBy: row.created_by,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    usedAt: row.used_at,
    usedBy: row.used_by,
  };
}

/** A plain hash is enough: secrets are 256 random bits, so there is nothing to guess. */
function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}
