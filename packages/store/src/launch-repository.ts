import type { Visibility } from "@pratique/access";
import { type Digest, parseJson } from "@pratique/core";
import type { Kysely, SelectQueryBuilder } from "kysely";
import type { Page } from "./cursor.ts";
import type { Sight } from "./fleet/sight.ts";
import { newestFirst, type PageQuery } from "./newest-first.ts";
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

export interface LaunchQuery extends PageQuery {
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
}

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
  async recorded({ seen, limit }: Pick<LaunchQuery, "seen" | "limit">): Promise<readonly RecordedLaunch[]> {
    const rows = await this.#database
      .selectFrom("launches")
      .where(this.#sight.placed(seen, "launches"))
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
      data: Object(parseJson(data)),
    }));
  }

  /** One page, newest first. Throws `CURSOR_MALFORMED`. */
  async list(query: LaunchQuery): Promise<Page<StoredLaunch>> {
    const visible = this.#database.selectFrom("launches").where(this.#sight.placed(query.seen, "launches"));
    const page = await newestFirst(this.#database, filter(visible, query), query);
    return { ...page, items: page.items.map(storedLaunchOf) };
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
    document: Object(parseJson(row.document)),
  };
}

/** What cannot be read is shown as the worst. */
export function outcomeOf(text: string): LaunchOutcome {
  return text === "allowed" || text === "warned" || text === "observed" ? text : "denied";
}
