import type { Kysely } from "kysely";
import type { ChangeFeed } from "../change-feed.ts";
import type { LegalHoldTable, Schema } from "../schema.ts";

/** What a hold covers: everything, or what has to do with one host, image or log. */
export type LegalHoldScope = "all" | "host" | "image" | "log";

/** Something that must not be deleted, however old it becomes, until the hold is released. */
export interface LegalHold {
  readonly id: string;
  readonly scope: LegalHoldScope;
  /** The host, image id or log id; empty for `all`. */
  readonly subject: string;
  /** ISO 8601. Only what happened from then on; from the beginning where it is absent. */
  readonly since?: string;
  /** ISO 8601. Only what happened up to then; up to the end where it is absent. */
  readonly until?: string;
  readonly reason: string;
  readonly placedBy: string;
  /** ISO 8601. */
  readonly placedAt: string;
}

/** The legal holds. They are written between two batches of a deletion, never during one. */
export class LegalHoldRepository {
  readonly #database: Kysely<Schema>;
  readonly #feed: ChangeFeed;

  constructor(database: Kysely<Schema>, feed: ChangeFeed) {
    this.#database = database;
    this.#feed = feed;
  }

  /** Places a hold. When it resolves, nothing that it covers is deleted any more. False where the id is taken. */
  async place(hold: LegalHold): Promise<boolean> {
    return await this.#feed.write(async (transaction) => {
      const rows = await transaction
        .insertInto("legal_holds")
        .values(rowOf(hold))
        .onConflict((conflict) => conflict.column("id").doNothing())
        .returning("id")
        .execute();
      return rows.length > 0;
    });
  }

  /** Ends a hold. False where there is none of the id. */
  async release(id: string): Promise<boolean> {
    return await this.#feed.write(async (transaction) => {
      const rows = await transaction.deleteFrom("legal_holds").where("id", "=", id).returning("id").execute();
      return rows.length > 0;
    });
  }

  /** All of them, by the time at which they were placed. */
  async list(): Promise<readonly LegalHold[]> {
    const rows = await this.#database
      .selectFrom("legal_holds")
      .selectAll()
      .orderBy("placed_at")
      .orderBy("id")
      .execute();
    return rows.map(legalHoldOf);
  }
}

function rowOf(hold: LegalHold): LegalHoldTable {
  return {
    id: hold.id,
    scope: hold.scope,
    subject: hold.scope === "all" ? "" : hold.subject,
    since: hold.since === undefined ? null : new Date(hold.since).toISOString(),
    until: hold.until === undefined ? null : new Date(hold.until).toISOString(),
    reason: hold.reason,
    placed_by: hold.placedBy,
    placed_at: new Date(hold.placedAt).toISOString(),
  };
}

function legalHoldOf(row: LegalHoldTable): LegalHold {
  return {
    id: row.id,
    scope: scopeOf(row.scope),
    subject: row.subject,
    ...(row.since !== null && { since: row.since }),
    ...(row.until !== null && { until: row.until }),
    reason: row.reason,
    placedBy: row.placed_by,
    placedAt: row.placed_at,
  };
}

/** What cannot be read is shown as the widest. */
function scopeOf(text: string): LegalHoldScope {
  return text === "host" || text === "image" || text === "log" ? text : "all";
}
