import type { PolicyException } from "@pratique/core";
import { type Kysely, type Selectable, sql } from "kysely";
import type { ChangeFeed } from "../change-feed.ts";
import { formatCursor, type Page, parseCursor } from "../cursor.ts";
import type { Schema } from "../schema.ts";
import { literalPattern, searchable } from "../text-search.ts";
import type { ExceptionTable } from "./fleet-schema.ts";

/** A person's decision that something may pass for a while, as it was granted. Times are ISO 8601, UTC. */
export interface StoredException extends Omit<PolicyException, "expires"> {
  readonly expiresAt: string;
  readonly grantedBy: string;
  /** The second person, where one agreed. */
  readonly approvedBy: string | null;
  readonly grantedAt: string;
  readonly withdrawnBy: string | null;
  readonly withdrawnAt: string | null;
}

export interface ExceptionQuery {
  readonly state?: "active" | "expired" | "withdrawn";
  readonly text?: string;
  /** Only those that end before this moment, ISO 8601. */
  readonly endsBefore?: string;
  /** ISO 8601 with milliseconds. */
  readonly now: string;
  readonly limit: number;
  readonly cursor?: string;
}

/** The exceptions that were granted; none is ever deleted. */
export class ExceptionRepository {
  readonly #database: Kysely<Schema>;
  readonly #feed: ChangeFeed;

  constructor(database: Kysely<Schema>, feed: ChangeFeed) {
    this.#database = database;
    this.#feed = feed;
  }

  async add(exception: Omit<StoredException, "withdrawnBy" | "withdrawnAt">): Promise<StoredException> {
    const row = rowOf(exception);
    await this.#feed.write(async (transaction, changed) => {
      await transaction.insertInto("exceptions").values(row).execute();
      changed({ kind: "exception", subject: row.id });
    });
    return exceptionOf(row);
  }

  /** Ends an exception; one that was withdrawn already stays as it is. Undefined where there is none. */
  async withdraw(
    id: string,
    { by, at }: { readonly by: string; readonly at: string },
  ): Promise<StoredException | undefined> {
    return await this.#feed.write(async (transaction, changed) => {
      const { numUpdatedRows } = await transaction
        .updateTable("exceptions")
        .set({ withdrawn_by: by, withdrawn_at: at })
        .where("id", "=", id)
        .where("withdrawn_at", "is", null)
        .executeTakeFirstOrThrow();
      if (numUpdatedRows > 0n) changed({ kind: "exception", subject: id });
      return await findIn(transaction, id);
    });
  }

  async find(id: string): Promise<StoredException | undefined> {
    return await findIn(this.#database, id);
  }

  /** All that lift something at a moment, ISO 8601 with milliseconds. */
  async active(now: string): Promise<readonly StoredException[]> {
    const rows = await this.#database
      .selectFrom("exceptions")
      .selectAll()
      .where("withdrawn_at", "is", null)
      .where("expires_at", ">", now)
      .orderBy("id")
      .execute();
    return rows.map(exceptionOf);
  }

  /** Newest first. Throws `CURSOR_MALFORMED`. */
  async list(query: ExceptionQuery): Promise<Page<StoredException>> {
    const cursor = query.cursor === undefined ? undefined : parseCursor(query.cursor, "string");
    const filtered = this.#filtered(query);
    const counted = await filtered.select(({ fn }) => fn.countAll().as("total")).executeTakeFirst();
    let paged = filtered.selectAll();
    if (cursor !== undefined) {
      paged = paged.where((builder) =>
        builder.or([
          builder("granted_at", "<", String(cursor.key)),
          builder.and([builder("granted_at", "=", String(cursor.key)), builder("id", "<", cursor.id)]),
        ]),
      );
    }
    const rows = await paged
      .orderBy("granted_at", "desc")
      .orderBy("id", "desc")
      .limit(query.limit + 1)
      .execute();
    const last = rows.length > query.limit ? rows[query.limit - 1] : undefined;
    return {
      items: rows.slice(0, query.limit).map(exceptionOf),
      nextCursor: last === undefined ? null : formatCursor({ key: last.granted_at, id: last.id }),
      total: Number(counted?.total ?? 0),
    };
  }

  #filtered({ state, text, endsBefore, now }: ExceptionQuery) {
    let query = this.#database.selectFrom("exceptions");
    if (state === "withdrawn") query = query.where("withdrawn_at", "is not", null);
    if (state === "active" || state === "expired") {
      query = query
        .where("withdrawn_at", "is", null)
        .where("expires_at", state === "active" ? ">" : "<=", now);
    }
    if (endsBefore !== undefined) {
      query = query.where("expires_at", "<", new Date(endsBefore).toISOString());
    }
    if (text === undefined) return query;
    return query.where(sql<boolean>`${sql.ref("search")} like ${literalPattern(text)} escape '\\'`);
  }
}

async function findIn(database: Kysely<Schema>, id: string): Promise<StoredException | undefined> {
  const row = await database.selectFrom("exceptions").selectAll().where("id", "=", id).executeTakeFirst();
  return row && exceptionOf(row);
}

function rowOf(exception: Omit<StoredException, "withdrawnBy" | "withdrawnAt">): ExceptionTable {
  const { id, rules, scope, reason, owner } = exception;
  return {
    id,
    rules: JSON.stringify(rules),
    scope: JSON.stringify(scope),
    reason,
    owner,
    expires_at: new Date(exception.expiresAt).toISOString(),
    granted_by: exception.grantedBy,
    approved_by: exception.approvedBy,
    granted_at: exception.grantedAt,
    withdrawn_by: null,
    withdrawn_at: null,
    search: searchable([id, ...rules, reason, owner, JSON.stringify(scope), exception.grantedBy]),
  };
}

function exceptionOf(row: Selectable<ExceptionTable>): StoredException {
  return {
    id: row.id,
    rules: JSON.parse(row.rules),
    scope: JSON.parse(row.scope),
    reason: row.reason,
    owner: row.owner,
    expiresAt: row.expires_at,
    grantedBy: row.granted_by,
    approvedBy: row.approved_by,
    grantedAt: row.granted_at,
    withdrawnBy: row.withdrawn_by,
    withdrawnAt: row.withdrawn_at,
  };
}
