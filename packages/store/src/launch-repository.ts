import type { Digest } from "@pratique/core";
import type { Kysely, SelectQueryBuilder } from "kysely";
import { formatCursor, type Page, parseCursor } from "./cursor.ts";
import type { LaunchTable, Schema } from "./schema.ts";
import { holds } from "./text-search.ts";

export type LaunchOutcome = "allowed" | "warned" | "denied" | "observed";

/** What the store needs to know of a launch in order to find it, and all the rest in `document`. */
export interface LaunchProjection {
  readonly decision: "allow" | "deny";
  readonly outcome: LaunchOutcome;
  readonly image: string;
  readonly imageId?: Digest;
  readonly containerId?: string;
  /** What a search should find it by, besides the image. */
  readonly words: readonly string[];
  /** Anything that JSON can hold. */
  readonly document: object;
}

/** A launch with the place of its record. */
export interface StoredLaunch {
  readonly id: string;
  readonly sequence: number;
  readonly recordHash: string;
  readonly time: string;
  readonly host: string;
  readonly outcome: LaunchOutcome;
  /** Anything that JSON can hold. */
  readonly document: object;
}

export interface LaunchQuery {
  readonly text?: string;
  readonly outcome?: LaunchOutcome;
  readonly imageId?: Digest;
  readonly limit: number;
  readonly cursor?: string;
}

/** The launches, read only: they are written together with the records that tell of them. */
export class LaunchRepository {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  async find(id: string): Promise<StoredLaunch | undefined> {
    const row = await this.#database
      .selectFrom("launches")
      .selectAll()
      .where("id", "=", id)
      .executeTakeFirst();
    return row === undefined ? undefined : storedLaunchOf(row);
  }

  /** One page, newest first. Throws `CURSOR_MALFORMED`. */
  async list(query: LaunchQuery): Promise<Page<StoredLaunch>> {
    const cursor = query.cursor === undefined ? undefined : parseCursor(query.cursor, "string");
    const filtered = filter(this.#database.selectFrom("launches"), query);
    const counted = await filtered.select(({ fn }) => fn.countAll().as("total")).executeTakeFirst();
    const rows = await filtered
      .selectAll()
      .where((builder) =>
        cursor === undefined
          ? builder.and([])
          : builder.or([
              builder("time", "<", String(cursor.key)),
              builder.and([builder("time", "=", String(cursor.key)), builder("id", "<", cursor.id)]),
            ]),
      )
      .orderBy("time", "desc")
      .orderBy("id", "desc")
      .limit(query.limit + 1)
      .execute();
    const page = rows.slice(0, query.limit);
    const last = rows.length > query.limit ? page.at(-1) : undefined;
    return {
      items: page.map(storedLaunchOf),
      nextCursor: last === undefined ? null : formatCursor({ key: last.time, id: last.id }),
      total: Number(counted?.total ?? 0),
    };
  }
}

function filter(
  launches: SelectQueryBuilder<Schema, "launches", object>,
  { text, outcome, imageId }: LaunchQuery,
): SelectQueryBuilder<Schema, "launches", object> {
  let query = launches;
  if (text !== undefined) query = query.where(holds("launches.search", text));
  if (outcome !== undefined) query = query.where("outcome", "=", outcome);
  return imageId === undefined ? query : query.where("image_id", "=", imageId);
}

function storedLaunchOf(row: LaunchTable): StoredLaunch {
  return {
    id: row.id,
    sequence: Number(row.sequence),
    recordHash: row.record_hash,
    time: row.time,
    host: row.host,
    outcome: outcomeOf(row.outcome),
    document: JSON.parse(row.document),
  };
}

/** What cannot be read is shown as the worst. */
export function outcomeOf(text: string): LaunchOutcome {
  return text === "allowed" || text === "warned" || text === "observed" ? text : "denied";
}
