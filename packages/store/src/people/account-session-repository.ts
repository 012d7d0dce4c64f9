import { createHash } from "node:crypto";
import { isRecent } from "@pratique/core";
import type { Kysely, Selectable } from "kysely";
import type { Schema } from "../schema.ts";
import type { AccountSessionTable } from "./people-schema.ts";

/** Somebody who is signed in. */
export interface StoredSession {
  /** Names the session without being good for anything. */
  readonly id: string;
  readonly account: string;
  /** How they showed who they are. */
  readonly method: string;
  readonly address: string;
  readonly createdAtMs: number;
  /** When it was last used, to the minute or so. */
  readonly seenAtMs: number;
  readonly expiresAtMs: number;
}

export interface NewSession extends Omit<StoredSession, "seenAtMs"> {
  /** 256 random bits. */
  readonly token: string;
}

/** When sessions end. */
export interface SessionTimes {
  readonly nowMs: number;
  /** A session that nobody used for this long has ended. */
  readonly idleMs: number;
}

/** Who is signed in. Only hashes of tokens are stored: who reads the database cannot sign in. */
export class AccountSessionRepository {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  /** Adds a session, and forgets those that have expired. */
  async add(session: NewSession): Promise<void> {
    const { id, account, method, address, createdAtMs, expiresAtMs, token } = session;
    await this.#database.deleteFrom("account_sessions").where("expires_at_ms", "<=", createdAtMs).execute();
    await this.#database
      .insertInto("account_sessions")
      .values({
        id,
        token_hash: hashOf(token),
        account,
        method,
        address,
        created_at_ms: createdAtMs,
        seen_at_ms: createdAtMs,
        expires_at_ms: expiresAtMs,
      })
      .execute();
  }

  async find(token: string, times: SessionTimes): Promise<StoredSession | undefined> {
    return await this.#one("token_hash", hashOf(token), times);
  }

  async findById(id: string, times: SessionTimes): Promise<StoredSession | undefined> {
    return await this.#one("id", id, times);
  }

  async touch(id: string, nowMs: number): Promise<void> {
    await this.#database
      .updateTable("account_sessions")
      .set({ seen_at_ms: nowMs })
      .where("id", "=", id)
      .execute();
  }

  /** From now on its owner is known to have shown who they are in another way. */
  async setMethod(id: string, method: string): Promise<void> {
    await this.#database.updateTable("account_sessions").set({ method }).where("id", "=", id).execute();
  }

  async end(id: string): Promise<void> {
    await this.#database.deleteFrom("account_sessions").where("id", "=", id).execute();
  }

  /** Ends all sessions of an account, but for one that is named. */
  async endAll(account: string, but = ""): Promise<void> {
    await this.#database
      .deleteFrom("account_sessions")
      .where("account", "=", account)
      .where("id", "<>", but)
      .execute();
  }

  /** The sessions of an account that have not ended, newest first. */
  async list(account: string, times: SessionTimes): Promise<readonly StoredSession[]> {
    const rows = await this.#database
      .selectFrom("account_sessions")
      .selectAll()
      .where("account", "=", account)
      .orderBy("created_at_ms", "desc")
      .execute();
    return rows.map(sessionOf).filter((session) => isOpen(session, times));
  }

  async #one(
    column: "id" | "token_hash",
    value: string,
    times: SessionTimes,
  ): Promise<StoredSession | undefined> {
    const row = await this.#database
      .selectFrom("account_sessions")
      .selectAll()
      .where(column, "=", value)
      .executeTakeFirst();
    const session = row && sessionOf(row);
    return session !== undefined && isOpen(session, times) ? session : undefined;
  }
}

/** One that began while the clock was ahead would last until the clock is there again: it has ended as well. */
function isOpen(
  { createdAtMs, seenAtMs, expiresAtMs }: StoredSession,
  { nowMs, idleMs }: SessionTimes,
): boolean {
  return (
    nowMs < expiresAtMs && isRecent(seenAtMs, { nowMs, withinMs: idleMs }) && createdAtMs - nowMs < idleMs
  );
}

function sessionOf(row: Selectable<AccountSessionTable>): StoredSession {
  return {
    id: row.id,
    account: row.account,
    method: row.method,
    address: row.address,
    createdAtMs: Number(row.created_at_ms),
    seenAtMs: Number(row.seen_at_ms),
    expiresAtMs: Number(row.expires_at_ms),
  };
}

/** A plain hash is enough: tokens are 256 random bits, so there is nothing to guess. */
function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
