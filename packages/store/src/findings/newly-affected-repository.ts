import type { Visibility } from "@pratique/access";
import { type Digest, parseDigest, type Severity, severities } from "@pratique/core";
import { type Kysely, type RawBuilder, sql } from "kysely";
import { formatCursor, type Page, parseCursor } from "../cursor.ts";
import { StoreError } from "../errors.ts";
import type { Sight } from "../fleet/sight.ts";
import type { Schema } from "../schema.ts";
import { rankOf } from "./finding-row.ts";

/** An image of whose packages, unchanged, advisories began to say something. */
export interface NewlyAffectedImage {
  readonly imageId: Digest;
  readonly reference: string;
  /** ISO 8601: when the last of it became known. */
  readonly affectedAt: string;
  /** Vulnerabilities by how bad they are in it. */
  readonly severities: Readonly<Record<Severity, number>>;
  /** How many of them an update mends. */
  readonly fixable: number;
  readonly knownExploited: number;
  /** Some of them, the worst first. */
  readonly worst: readonly string[];
}

export interface NewlyAffectedQuery {
  readonly seen: Visibility;
  /** ISO 8601: what became known later. */
  readonly since: string;
  /** Only this bad or worse. */
  readonly severity?: Severity;
  /** Only images that a container runs now, or that none does. */
  readonly running?: boolean;
  readonly limit: number;
  readonly cursor?: string;
}

/** One page, and the sums over all pages. */
export interface NewlyAffectedPage extends Page<NewlyAffectedImage> {
  /** How many of the images some container runs. */
  readonly running: number;
}

const NAMED = 5;

/** What became known of images after they were scanned: those first that run, then the worst, then the newest. */
export class NewlyAffectedRepository {
  readonly #database: Kysely<Schema>;
  readonly #sight: Sight;

  constructor(database: Kysely<Schema>, sight: Sight) {
    this.#database = database;
    this.#sight = sight;
  }

  /** One page. Throws `CURSOR_MALFORMED`. */
  async list(query: NewlyAffectedQuery): Promise<NewlyAffectedPage> {
    const after = placeOf(query);
    const groups = this.#groups(query);
    const sums = await sql<{ total: number | string; running: number | string | null }>`
      select count(*) as total, sum(running) as running from (${groups}) as affected`.execute(this.#database);
    const { rows } = await sql<GroupRow>`
      select affected.*, images.reference from (${groups}) as affected
      join images on images.image_id = affected.image_id
      ${after === undefined ? sql`` : sql`where (running, worst, affected_at, affected.image_id) < ${after}`}
      order by running desc, worst desc, affected_at desc, affected.image_id desc
      limit ${query.limit + 1}`.execute(this.#database);
    const page = rows.slice(0, query.limit);
    const counts = await this.#countsOf(page, query);
    const worst = await this.#worstOf(page, query);
    const last = rows.length > query.limit ? page.at(-1) : undefined;
    return {
      items: page.flatMap((row) => {
        const counted = counts.get(row.image_id);
        return counted === undefined ? [] : [imageOf({ ...row, ...counted }, worst.get(row.image_id) ?? [])];
      }),
      nextCursor: last === undefined ? null : cursorOf(last),
      total: Number(sums.rows[0]?.total ?? 0),
      running: Number(sums.rows[0]?.running ?? 0),
    };
  }

  /** What the order is made of, for all images: read from an index alone. */
  #groups(query: NewlyAffectedQuery): RawBuilder<unknown> {
    return sql`
      select image_id, max(affected_at) as affected_at, max(severity) as worst,
        case when image_id in (${this.#running(query.seen)}) then 1 else 0 end as running
      from findings where ${this.#conditions(query)} group by image_id`;
  }

  /** The counts of a page. */
  async #countsOf(
    page: readonly GroupRow[],
    query: NewlyAffectedQuery,
  ): Promise<ReadonlyMap<string, CountRow>> {
    if (page.length === 0) return new Map();
    const counts = severities.map(
      (name) =>
        sql`count(distinct case when severity = ${sql.lit(rankOf(name))} then id end) as ${sql.ref(name)}`,
    );
    const { rows } = await sql<CountRow>`
      select image_id, ${sql.join(counts)},
        count(distinct case when fixed_version is not null then id end) as fixable,
        count(distinct case when known_exploited = 1 then id end) as known_exploited
      from findings
      where ${this.#conditions(query)} and image_id in (${sql.join(page.map((row) => row.image_id))})
      group by image_id`.execute(this.#database);
    return new Map(rows.map((row) => [row.image_id, row]));
  }

  #running(seen: Visibility): RawBuilder<unknown> {
    return sql`select image_id from containers
      where image_id is not null and state = 'running' and ${this.#sight.placed(seen, "containers")}`;
  }

  #conditions({ seen, since, severity, running }: NewlyAffectedQuery): RawBuilder<unknown> {
    const all: RawBuilder<unknown>[] = [
      sql`affected_at is not null`,
      sql`affected_at > ${new Date(since).toISOString()}`,
      sql`suppressed_by is null`,
      this.#sight.images(seen, "findings.image_id"),
    ];
    if (severity !== undefined) all.push(sql`severity >= ${rankOf(severity)}`);
    if (running !== undefined) {
      all.push(sql`image_id ${running ? sql`in` : sql`not in`} (${this.#running(seen)})`);
    }
    return sql.join(all, sql` and `);
  }

  async #worstOf(
    page: readonly GroupRow[],
    query: NewlyAffectedQuery,
  ): Promise<ReadonlyMap<string, readonly string[]>> {
    if (page.length === 0) return new Map();
    const { rows } = await sql<{ image_id: string; id: string }>`
      select image_id, id from findings
      where ${this.#conditions(query)} and image_id in (${sql.join(page.map((row) => row.image_id))})
      group by image_id, id
      order by max(severity) desc, max(known_exploited) desc, id`.execute(this.#database);
    const worst = new Map<string, string[]>();
    for (const { image_id: imageId, id } of rows) {
      const ids = worst.get(imageId) ?? [];
      worst.set(imageId, ids);
      if (ids.length < NAMED) ids.push(id);
    }
    return worst;
  }
}

interface GroupRow {
  readonly image_id: string;
  readonly reference: string;
  readonly affected_at: string;
  readonly worst: number;
  readonly running: number;
}

type CountRow = Readonly<Record<Severity, number | string>> & {
  readonly image_id: string;
  readonly fixable: number | string;
  readonly known_exploited: number | string;
};

function imageOf(row: GroupRow & CountRow, worst: readonly string[]): NewlyAffectedImage {
  return {
    imageId: parseDigest(row.image_id),
    reference: row.reference,
    affectedAt: row.affected_at,
    severities: {
      critical: Number(row.critical),
      high: Number(row.high),
      medium: Number(row.medium),
      low: Number(row.low),
      negligible: Number(row.negligible),
      unknown: Number(row.unknown),
    },
    fixable: Number(row.fixable),
    knownExploited: Number(row.known_exploited),
    worst,
  };
}

function cursorOf({ running, worst, affected_at: affectedAt, image_id: id }: GroupRow): string {
  return formatCursor({ key: `${running} ${worst} ${affectedAt}`, id });
}

function placeOf({ cursor }: NewlyAffectedQuery): RawBuilder<unknown> | undefined {
  if (cursor === undefined) return undefined;
  const { key, id } = parseCursor(cursor, "string");
  const [running, worst, at] = /^([01]) ([0-5]) (\S{1,40})$/u.exec(String(key))?.slice(1) ?? [];
  if (at === undefined)
    throw new StoreError("CURSOR_MALFORMED", `malformed cursor ${JSON.stringify(cursor)}`);
  return sql`(${Number(running)}, ${Number(worst)}, ${at}, ${id})`;
}
