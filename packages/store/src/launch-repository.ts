import type { Visibility } from "@pratique/access";
import type { Digest } from "@pratique/core";
import type { Kysely, SelectQueryBuilder } from "kysely";
import { formatCursor, type Page, parseCursor } from "./cursor.ts";
import type { Sight } from "./fleet/sight.ts";
import type { LaunchTable, Schema } from "./schema.ts";
import { holds, holdsLine } from "./text-search.ts";

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

/** A launch with what its record holds. */
export interface RecordedLaunch {
  readonly id: string;
  readonly time: string;
  readonly host: string;
  readonly imageId: string | null;
  /** The data of the record: anything that JSON can hold. */
  readonly data: unknown;
}

export interface LaunchQuery {
  readonly seen: Visibility;
  readonly text?: string;
  readonly outcome?: LaunchOutcome;
  readonly imageId?: Digest;
  readonly host?: string;
  /** A rule that it broke, as `policy/rule` or `rule`. */
  readonly rule?: string;
  /** From this moment on, ISO 8601. */
  readonly from?: string;
  /** Before this moment, ISO 8601. */
  readonly to?: string;
  readonly limit: number;
  readonly cursor?: string;
}

/** Further is not counted: of a million it would take longer than to find the page. */
const MAX_COUNTED = 10_000;

/** The launches, read only: they are written together with the records that tell of them. */
export class LaunchRepository {
  readonly #database: Kysely<Schema>;

  readonly #sight: Sight;

  constructor(database: Kysely<Schema>, sight: Sight) {
    this.#database = database;
    this.#sight = sight;
  }

  async find(id: string): Promise<StoredLaunch | undefined> {
    const row = await this.#database
      .selectFrom("launches")
      .selectAll()
      .where("id", "=", id)
      .executeTakeFirst();
    return row === undefined ? undefined : storedLaunchOf(row);
  }

  /** Where a launch lies: its host, and the repository that its image names. */
  async placeOf(
    id: string,
  ): Promise<{ readonly host: string; readonly repository: string | null } | undefined> {
    return await this.#database
      .selectFrom("launches")
      .select(["host", "repository"])
      .where("id", "=", id)
      .executeTakeFirst();
  }

  /** The newest launches with the data of the records that tell of them; those whose record is gone are left out. */
  async recorded(limit: number): Promise<readonly RecordedLaunch[]> {
    const rows = await this.#database
      .selectFrom("launches")
      .innerJoin("records", (join) =>
        join
          .onRef("records.log_id", "=", "launches.log_id")
          .onRef("records.sequence", "=", "launches.sequence"),
      )
      .select(["launches.id", "launches.time", "launches.host", "launches.image_id", "records.data"])
      .orderBy("launches.time", "desc")
      .orderBy("launches.id", "desc")
      .limit(limit)
      .execute();
    return rows.map(({ id, time, host, image_id, data }) => ({
      id,
      time,
      host,
      imageId: image_id,
      data: JSON.parse(data),
    }));
  }

  /** One page, newest first; `total` is exact below 10 000, and may be more there. Throws `CURSOR_MALFORMED`. */
  async list(query: LaunchQuery): Promise<Page<StoredLaunch>> {
    const cursor = query.cursor === undefined ? undefined : parseCursor(query.cursor, "string");
    const visible = this.#database.selectFrom("launches").where(this.#sight.placed(query.seen, "launches"));
    const filtered = filter(visible, query);
    const counting = this.#database
      .selectFrom(filtered.select("id").limit(MAX_COUNTED).as("some"))
      .select(({ fn }) => fn.countAll().as("total"))
      .executeTakeFirst();
    const finding = filtered
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
    const [counted, rows] = await Promise.all([counting, finding]);
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
  { text, outcome, imageId, host, rule, from, to }: LaunchQuery,
): SelectQueryBuilder<Schema, "launches", object> {
  let query = launches;
  if (text !== undefined) query = query.where(holds("launches.search", text));
  if (outcome !== undefined) query = query.where("outcome", "=", outcome);
  if (imageId !== undefined) query = query.where("image_id", "=", imageId);
  if (host !== undefined) query = query.where("host", "=", host);
  if (rule !== undefined) query = query.where(brokeRule(rule));
  if (from !== undefined) query = query.where("time", ">=", new Date(from).toISOString());
  return to === undefined ? query : query.where("time", "<", new Date(to).toISOString());
}

/** Rules stand in what is searched, each as `policy/rule` on a line of its own. */
function brokeRule(rule: string) {
  return holdsLine("launches.search", rule.includes("/") ? { whole: rule } : { end: `/${rule}` });
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
