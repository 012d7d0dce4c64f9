import type { Visibility } from "@pratique/access";
import { type Digest, type Priority, priorities } from "@pratique/core";
import { type Kysely, type SelectQueryBuilder, sql } from "kysely";
import type { Page } from "../cursor.ts";
import type { Sight } from "../fleet/sight.ts";
import { HOUR_LENGTH } from "../launch-hours.ts";
import type { Schema } from "../schema.ts";
import { holds, holdsLine } from "../text-search.ts";
import { newestFirst, type PageQuery } from "./newest-first.ts";
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

interface Since {
  readonly since: string;
  readonly seen: Visibility;
}

/** The detections, read only: they are written together with the records that tell of them. */
export class DetectionRepository {
  readonly #database: Kysely<Schema>;
  readonly #sight: Sight;

  constructor(database: Kysely<Schema>, sight: Sight) {
    this.#database = database;
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
    const rows = await this.#visible(seen)
      .where("time", ">=", since)
      .select(["rule", "tags"])
      .select(({ fn }) => [fn.countAll().as("detections"), fn.max("time").as("last_at")])
      .groupBy(["rule", "tags"])
      .orderBy("detections", "desc")
      .orderBy("rule")
      .execute();
    return rows.map(({ rule, tags, detections, last_at: lastAt }) => ({
      rule,
      tags: tags === "" ? [] : tags.split("\n"),
      detections: Number(detections),
      lastAt,
    }));
  }

  #visible(seen: Visibility): SelectQueryBuilder<Schema, "detections", object> {
    return this.#database.selectFrom("detections").where(this.#sight.placed(seen, "detections"));
  }
}

function filter(
  detections: SelectQueryBuilder<Schema, "detections", object>,
  { text, priority, rule, tag, outcome, host, containerId, imageId, from, to }: DetectionQuery,
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
    document: JSON.parse(row.document),
  };
}
