import { createHash } from "node:crypto";
import type { Permission, Scope } from "@pratique/core";
import type { Kysely, Selectable } from "kysely";
import { formatCursor, type Page, parseCursor } from "../cursor.ts";
import type { Schema } from "../schema.ts";
import type { ApiTokenTable } from "./people-schema.ts";

/** Lets a program act for an account, within what the token holds. */
export interface StoredToken {
  readonly id: string;
  readonly account: string;
  readonly name: string;
  readonly permissions: readonly Permission[];
  readonly scope: Scope;
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly lastUsedAt: string | null;
  readonly lastUsedFrom: string | null;
}

export interface NewToken extends Omit<StoredToken, "lastUsedAt" | "lastUsedFrom"> {
  /** 256 random bits and a prefix. */
  readonly secret: string;
}

export interface TokenQuery {
  readonly account?: string;
  readonly limit: number;
  readonly cursor?: string;
}

/** The tokens of programs. Only hashes of their secrets are stored. */
export class TokenRepository {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  async add({ secret, ...token }: NewToken): Promise<void> {
    await this.#database
      .insertInto("api_tokens")
      .values({
        id: token.id,
        token_hash: hashOf(secret),
        account: token.account,
        name: token.name,
        permissions: JSON.stringify(token.permissions),
        scope: JSON.stringify(token.scope),
        created_at: token.createdAt,
        expires_at: token.expiresAt,
        last_used_at: null,
        last_used_from: null,
      })
      .execute();
  }

  /** The token of a secret, expired or not. */
  async findBySecret(secret: string): Promise<StoredToken | undefined> {
    const row = await this.#database
      .selectFrom("api_tokens")
      .selectAll()
      .where("token_hash", "=", hashOf(secret))
      .executeTakeFirst();
    return row && tokenOf(row);
  }

  async find(id: string): Promise<StoredToken | undefined> {
    const row = await this.#database
      .selectFrom("api_tokens")
      .selectAll()
      .where("id", "=", id)
      .executeTakeFirst();
    return row && tokenOf(row);
  }

  /** Newest first. Throws `CURSOR_MALFORMED`. */
  async list({ account, limit, cursor }: TokenQuery): Promise<Page<StoredToken>> {
    const after = cursor === undefined ? undefined : parseCursor(cursor, "string");
    let filtered = this.#database.selectFrom("api_tokens");
    if (account !== undefined) filtered = filtered.where("account", "=", account);
    const counted = await filtered.select(({ fn }) => fn.countAll().as("total")).executeTakeFirst();
    let paged = filtered
      .selectAll()
      .orderBy("created_at", "desc")
      .orderBy("id", "desc")
      .limit(limit + 1);
    if (after !== undefined) {
      paged = paged.where((builder) =>
        builder.or([
          builder("created_at", "<", String(after.key)),
          builder.and([builder("created_at", "=", String(after.key)), builder("id", "<", after.id)]),
        ]),
      );
    }
    const rows = await paged.execute();
    const last = rows[limit - 1];
    return {
      items: rows.slice(0, limit).map(tokenOf),
      nextCursor:
        rows.length > limit && last !== undefined
          ? formatCursor({ key: last.created_at, id: last.id })
          : null,
      total: Number(counted?.total ?? 0),
    };
  }

  async touch(id: string, at: string, from: string): Promise<void> {
    await this.#database
      .updateTable("api_tokens")
      .set({ last_used_at: at, last_used_from: from })
      .where("id", "=", id)
      .execute();
  }

  /** Removes a token. False where there was none. */
  async remove(id: string): Promise<boolean> {
    const row = await this.#database
      .deleteFrom("api_tokens")
      .where("id", "=", id)
      .returning("id")
      .executeTakeFirst();
    return row !== undefined;
  }

  async removeAll(account: string): Promise<void> {
    await this.#database.deleteFrom("api_tokens").where("account", "=", account).execute();
  }
}

function tokenOf(row: Selectable<ApiTokenTable>): StoredToken {
  return {
    id: row.id,
    account: row.account,
    name: row.name,
    permissions: JSON.parse(row.permissions),
    scope: JSON.parse(row.scope),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
    lastUsedFrom: row.last_used_from,
  };
}

function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}
