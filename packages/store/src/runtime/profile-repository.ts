import type { Visibility } from "@pratique/access";
import { parseJson } from "@pratique/core";
import { type Kysely, sql } from "kysely";
import type { ChangeFeed } from "../change-feed.ts";
import { formatCursor, type Page, parseCursor } from "../cursor.ts";
import type { Sight } from "../fleet/sight.ts";
import type { Schema } from "../schema.ts";
import { literalPattern, searchable } from "../text-search.ts";

/** What a host learned of an image. */
export interface LearnedProfile {
  readonly image: string;
  /** By which it was started. */
  readonly names: readonly string[];
  readonly mode: string;
  /** Deviations to which nobody has said yes or no. */
  readonly deviations: number;
  /** What lists show; anything that JSON can hold. */
  readonly summary: object;
  /** All of it; likewise. */
  readonly document: object;
}

/** What a host tells of its profiles at one moment. */
export interface ProfileListing {
  readonly host: string;
  /** ISO 8601, UTC. */
  readonly takenAt: string;
  /** Those that it has: others are forgotten. */
  readonly known: readonly string[];
  /** Images of which it learns nothing, since there was no place. */
  readonly leftOut: number;
  /** Those that have changed. */
  readonly profiles: readonly LearnedProfile[];
}

/** A profile as lists show it. */
export interface StoredProfileSummary {
  readonly host: string;
  readonly image: string;
  readonly takenAt: string;
  readonly summary: object;
}

export interface StoredProfile extends StoredProfileSummary {
  readonly document: object;
}

export interface ProfileQuery {
  readonly seen: Visibility;
  readonly limit: number;
  readonly cursor?: string;
  readonly text?: string;
  readonly host?: string;
  readonly mode?: string;
  readonly imageId?: string;
  /** Only those with deviations, or only those without. */
  readonly deviations?: boolean;
}

/** What hosts learned of images, as it was told last. A profile lies on one host, and is seen by whoever sees that. */
export class ProfileRepository {
  readonly #database: Kysely<Schema>;
  readonly #feed: ChangeFeed;
  readonly #sight: Sight;

  constructor(database: Kysely<Schema>, feed: ChangeFeed, sight: Sight) {
    this.#database = database;
    this.#feed = feed;
    this.#sight = sight;
  }

  async put({ host, takenAt, known, leftOut, profiles }: ProfileListing): Promise<void> {
    await this.#feed.write(async (transaction, changed) => {
      let gone = transaction.deleteFrom("learned_profiles").where("host", "=", host);
      if (known.length > 0) gone = gone.where("image_id", "not in", known);
      await gone.execute();
      for (const { image, names, mode, deviations, summary, document } of profiles) {
        const told = {
          mode,
          deviations,
          search: searchable([image, ...names]),
          taken_at: takenAt,
          summary: JSON.stringify(summary),
          document: JSON.stringify(document),
        };
        await transaction
          .insertInto("learned_profiles")
          .values({ host, image_id: image, ...told })
          .onConflict((conflict) => conflict.columns(["host", "image_id"]).doUpdateSet(told))
          .execute();
      }
      await transaction
        .updateTable("hosts")
        .set({ profiles_left_out: leftOut })
        .where("name", "=", host)
        .execute();
      changed({ kind: "runtime", subject: host });
    });
  }

  async find(host: string, image: string): Promise<StoredProfile | undefined> {
    const row = await this.#database
      .selectFrom("learned_profiles")
      .select(["host", "image_id", "taken_at", "summary", "document"])
      .where("host", "=", host)
      .where("image_id", "=", image)
      .executeTakeFirst();
    return row && { ...summaryOf(row), document: Object(parseJson(row.document)) };
  }

  /** Those with most deviations first. Throws `CURSOR_MALFORMED`. */
  async list(query: ProfileQuery): Promise<Page<StoredProfileSummary>> {
    const { limit, cursor: text } = query;
    const cursor = text === undefined ? undefined : parseCursor(text, "number");
    const counted = await this.#filtered(query)
      .select(({ fn }) => fn.countAll().as("total"))
      .executeTakeFirst();
    let filtered = this.#filtered(query);
    if (cursor !== undefined) {
      const [host = "", image = ""] = cursor.id.split("~");
      const few = sql.ref("learned_profiles.deviations");
      filtered = filtered.where(
        sql<boolean>`(${few} < ${cursor.key} or ${few} = ${cursor.key}
          and (learned_profiles.host, learned_profiles.image_id) > (${host}, ${image}))`,
      );
    }
    const rows = await filtered
      .select([
        "learned_profiles.host",
        "learned_profiles.image_id",
        "learned_profiles.taken_at",
        "learned_profiles.summary",
        "learned_profiles.deviations",
      ])
      .orderBy("learned_profiles.deviations", "desc")
      .orderBy("learned_profiles.host")
      .orderBy("learned_profiles.image_id")
      .limit(limit + 1)
      .execute();
    const page = rows.slice(0, limit);
    const last = rows.length > limit ? page.at(-1) : undefined;
    const next = last && formatCursor({ key: Number(last.deviations), id: `${last.host}~${last.image_id}` });
    return { items: page.map(summaryOf), nextCursor: next ?? null, total: Number(counted?.total ?? 0) };
  }

  /** Of how many images the hosts that somebody sees learn nothing. */
  async leftOut(seen: Visibility): Promise<number> {
    const row = await this.#database
      .selectFrom("hosts")
      .select(({ fn }) => fn.sum("profiles_left_out").as("left_out"))
      .where(this.#sight.hosts(seen))
      .executeTakeFirst();
    return Number(row?.left_out ?? 0);
  }

  #filtered({ seen, text, host, mode, imageId, deviations }: ProfileQuery) {
    let filtered = this.#database
      .selectFrom("learned_profiles")
      .innerJoin("hosts", "hosts.name", "learned_profiles.host")
      .where(this.#sight.hosts(seen));
    if (text !== undefined) {
      const pattern = literalPattern(text);
      filtered = filtered.where(
        sql<boolean>`(learned_profiles.search like ${pattern} escape '\\'
          or lower(learned_profiles.host) like ${pattern} escape '\\')`,
      );
    }
    if (host !== undefined) filtered = filtered.where("learned_profiles.host", "=", host);
    if (mode !== undefined) filtered = filtered.where("learned_profiles.mode", "=", mode);
    if (imageId !== undefined) filtered = filtered.where("learned_profiles.image_id", "=", imageId);
    if (deviations !== undefined) {
      filtered = filtered.where("learned_profiles.deviations", deviations ? ">" : "=", 0);
    }
    return filtered;
  }
}

function summaryOf(row: {
  readonly host: string;
  readonly image_id: string;
  readonly taken_at: string;
  readonly summary: string;
}): StoredProfileSummary {
  return {
    host: row.host,
    image: row.image_id,
    takenAt: row.taken_at,
    summary: Object(parseJson(row.summary)),
  };
}
