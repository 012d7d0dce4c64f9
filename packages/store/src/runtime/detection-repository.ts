import type { Visibility } from "@pratique/access";
import { type Digest, type Priority, parseJson, priorities } from "@pratique/core";
import { type Kysely, type SelectQueryBuilder, sql } from "kysely";
import type { ChangeFeed } from "../change-feed.ts";
import type { Page } from "../cursor.ts";
import type { Sight } from "../fleet/sight.ts";
import { HOUR_LENGTH } from "../launch-hours.ts";
import { newestFirst, type PageQuery } from "../newest-first.ts";
import type { Schema } from "../schema.ts";
import { holds, holdsLine } from "../text-search.ts";
import type { DetectionTable } from "./runtime-schema.ts";

/** A detection with the place of its record. */
export interface StoredDetection {
  readonly id: string;
  readonly sequence: number;
  readonly recordHash: string;
  readonly time: string;
  readonly host: string;
  /** The host's own id of it. */
  readonly detection: string;
  /** Anything that JSON can hold. */
  readonly document: object;
  /** `open`, `acknowledged`, `closed`. */
  readonly reviewState: string;
  /** What somebody said of it; anything that JSON can hold, and null where nobody has. */
  readonly review: object | null;
}

export interface DetectionQuery extends PageQuery {
  readonly seen: Visibility;
  readonly text?: string;
  /** This urgent, or more so. */
  readonly priority?: Priority;
  readonly rule?: string;
  /** A tag, whole, case ignored. */
  readonly tag?: string;
  readonly outcome?: string;
  readonly host?: string;
  readonly containerId?: string;
  readonly imageId?: Digest;
  /** Only those that somebody has looked at, or only the others. */
  readonly looked?: boolean;
  /** `open`, `acknowledged`, `closed`. */
  readonly state?: string;
  /** From this moment on, ISO 8601. */
  readonly from?: string;
  /** Before this moment, ISO 8601. */
  readonly to?: string;
}

/** Detections of one hour and one priority. */
export interface DetectionCount {
  /** `2026-11-24T10`. */
  readonly hour: string;
  readonly priority: Priority;
  readonly detections: number;
}

/** Detections by one rule, with its tags. */
export interface RuleCount {
  readonly rule: string;
  readonly tags: readonly string[];
  readonly detections: number;
  readonly lastAt: string;
}

/** Detections of one priority. */
export interface PriorityCount {
  readonly priority: Priority;
  readonly detections: number;
}

interface Since {
  readonly since: string;
  readonly seen: Visibility;
}

/** The place in core's list from which on nothing is urgent any more: emergencies, alerts and critical ones are. */
const URGENT = priorities.indexOf("critical");

/** The detections: they are written together with the records that tell of them. Only who looked at them, and what they say of them, is written here. */
export class DetectionRepository {
  readonly #database: Kysely<Schema>;
  readonly #feed: ChangeFeed;
  readonly #sight: Sight;

  constructor(database: Kysely<Schema>, feed: ChangeFeed, sight: Sight) {
    this.#database = database;
    this.#feed = feed;
    this.#sight = sight;
  }

  async find(id: string): Promise<StoredDetection | undefined> {
    const row = await this.#database
      .selectFrom("detections")
      .selectAll()
      .where("id", "=", id)
      .executeTakeFirst();
    return row === undefined ? undefined : storedDetectionOf(row);
  }

  /** Where a detection lies: its host, and the repository that its image names. */
  async placeOf(
    id: string,
  ): Promise<{ readonly host: string; readonly repository: string | null } | undefined> {
    return await this.#database
      .selectFrom("detections")
      .select(["host", "repository"])
      .where("id", "=", id)
      .executeTakeFirst();
  }

  /** One page, newest first. Throws `CURSOR_MALFORMED`. */
  async list(query: DetectionQuery): Promise<Page<StoredDetection>> {
    const filtered = filter(this.#visible(query.seen), query);
    const page = await newestFirst(this.#database, filtered, query);
    return { ...page, items: page.items.map(storedDetectionOf) };
  }

  /** Detections by hour and priority, from the hour of a moment on, in that order. */
  async countByHour({ since, seen }: Since): Promise<readonly DetectionCount[]> {
    const hour = sql<string>`substr(detections.time, 1, ${sql.lit(HOUR_LENGTH)})`;
    const rows = await this.#visible(seen)
      .where("time", ">=", since.slice(0, HOUR_LENGTH))
      .select([hour.as("hour"), "urgency"])
      .select(({ fn }) => fn.countAll().as("detections"))
      .groupBy([hour, "urgency"])
      .orderBy(hour)
      .orderBy("urgency")
      .execute();
    return rows.map((row) => ({
      hour: row.hour,
      priority: priorities[Number(row.urgency)] ?? "emergency",
      detections: Number(row.detections),
    }));
  }

  /** Detections by rule since a moment, the most frequent first. */
  async countByRule({ since, seen }: Since): Promise<readonly RuleCount[]> {
    // So written that SQLite finds the rows by their time, and not all there are in the order of their rules.
    const rule = sql<string>`(detections.rule || '')`;
    const rows = await this.#visible(seen)
      .where("time", ">=", since)
      .select([rule.as("rule"), "tags"])
      .select(({ fn }) => [fn.countAll().as("detections"), fn.max("time").as("last_at")])
      .groupBy([rule, "tags"])
      .orderBy("detections", "desc")
      .orderBy(rule)
      .execute();
    return rows.map(({ rule, tags, detections, last_at: lastAt }) => ({
      rule,
      tags: tags === "" ? [] : tags.split("\n"),
      detections: Number(detections),
      lastAt,
    }));
  }

  /** Detections by priority since a moment, the most urgent first. */
  async countByPriority({ since, seen }: Since): Promise<readonly PriorityCount[]> {
    const rows = await this.#visible(seen)
      .where("time", ">=", since)
      .select("urgency")
      .select(({ fn }) => fn.countAll().as("detections"))
      .groupBy("urgency")
      .orderBy("urgency")
      .execute();
    return rows.map(({ urgency, detections }) => ({
      priority: priorities[Number(urgency)] ?? "emergency",
      detections: Number(detections),
    }));
  }

  /** How many urgent ones since a moment nobody has looked at, and the oldest of them. */
  async unlooked({ since, seen }: Since): Promise<{ readonly count: number; readonly since: string | null }> {
    const row = await this.#visible(seen)
      .where("time", ">=", since)
      .where("looked_at", "is", null)
      // Literal, so that the index of those that nobody has looked at serves.
      .where(sql<boolean>`urgency <= ${sql.lit(URGENT)}`)
      .select(({ fn }) => [fn.countAll().as("count"), fn.min("time").as("oldest")])
      .executeTakeFirst();
    return { count: Number(row?.count ?? 0), since: row?.oldest ?? null };
  }

  /**
   * Remembers that somebody looked at a detection. A flood is looked at by looking at one: those of its rule on its host
   * that came before count as looked at, too, as far as whoever looks sees them.
   */
  async noteLook(
    id: string,
    { at, seen }: { readonly at: string; readonly seen: Visibility },
  ): Promise<void> {
    const found = await this.#database
      .selectFrom("detections")
      .select(["rule", "host", "time", "looked_at", "urgency"])
      .where("id", "=", id)
      .executeTakeFirst();
    if (found === undefined || found.looked_at !== null || Number(found.urgency) > URGENT) return;
    await this.#feed.write(async (transaction, changed) => {
      await transaction
        .updateTable("detections")
        .set({ looked_at: at })
        .where("looked_at", "is", null)
        .where(sql<boolean>`urgency <= ${sql.lit(URGENT)}`)
        .where("rule", "=", found.rule)
        .where("host", "=", found.host)
        .where("time", "<=", found.time)
        .where(this.#sight.placed(seen, "detections"))
        .execute();
      changed({ kind: "detection", subject: id });
    });
  }

  /** Keeps what somebody says of a detection, in place of what was said before. False where there is none. */
  async review(
    id: string,
    { state, review }: { readonly state: string; readonly review: object },
  ): Promise<boolean> {
    return await this.#feed.write(async (transaction, changed) => {
      const { numUpdatedRows } = await transaction
        .updateTable("detections")
        .set({ review_state: state, review: JSON.stringify(review) })
        .where("id", "=", id)
        .executeTakeFirstOrThrow();
      if (numUpdatedRows > 0n) changed({ kind: "detection", subject: id });
      return numUpdatedRows > 0n;
    });
  }

  #visible(seen: Visibility): SelectQueryBuilder<Schema, "detections", object> {
    return this.#database.selectFrom("detections").where(this.#sight.placed(seen, "detections"));
  }
}

function filter(
  detections: SelectQueryBuilder<Schema, "detections", object>,
  { text, priority, rule, tag, outcome, host, containerId, imageId, looked, state, from, to }: DetectionQuery,
): SelectQueryBuilder<Schema, "detections", object> {
  let query = detections;
  if (text !== undefined) query = query.where(holds("detections.search", text));
  if (priority !== undefined) query = query.where("urgency", "<=", priorities.indexOf(priority));
  if (rule !== undefined) query = query.where("rule", "=", rule);
  if (tag !== undefined) query = query.where(holdsLine("detections.tags", { whole: tag }));
  if (outcome !== undefined) query = query.where("outcome", "=", outcome);
  if (host !== undefined) query = query.where("host", "=", host);
  if (containerId !== undefined) query = query.where("container_id", "=", containerId);
  if (imageId !== undefined) query = query.where("image_id", "=", imageId);
  if (looked !== undefined) query = query.where("looked_at", looked ? "is not" : "is", null);
  if (state !== undefined) query = query.where("review_state", "=", state);
  if (from !== undefined) query = query.where("time", ">=", new Date(from).toISOString());
  return to === undefined ? query : query.where("time", "<", new Date(to).toISOString());
}

function storedDetectionOf(row: DetectionTable): StoredDetection {
  return {
    id: row.id,
    sequence: Number(row.sequence),
    recordHash: row.record_hash,
    time: row.time,
    host: row.host,
    detection: row.detection,
    document: Object(parseJson(row.document)),
    reviewState: row.review_state,
    review: row.review === null ? null : Object(parseJson(row.review)),
  };
}
