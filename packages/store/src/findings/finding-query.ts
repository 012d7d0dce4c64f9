import type { Visibility } from "@pratique/access";
import type { Digest, Severity } from "@pratique/core";
import { type Kysely, type RawBuilder, type SqlBool, sql } from "kysely";
import { type Sight, seesEverything } from "../fleet/sight.ts";
import type { Schema } from "../schema.ts";
import { literalPattern } from "../text-search.ts";
import { rankOf } from "./finding-row.ts";

/** Which findings, in which order, from where. */
export interface FindingQuery {
  readonly seen: Visibility;
  /** In the id of the vulnerability or the name of the package, in any case. */
  readonly text?: string;
  /** Only this vulnerability, by its whole id. */
  readonly id?: string;
  /** Only this bad or worse. */
  readonly severity?: Severity;
  /** Only those that an update mends. */
  readonly fixable?: boolean;
  readonly knownExploited?: boolean;
  readonly imageId?: Digest;
  /** ISO 8601. */
  readonly firstSeenAfter?: string;
  /** Only those of images that a container runs now, or that none does. */
  readonly running?: boolean;
  /** True for those that a rule took out of the count as well. */
  readonly withSuppressed?: boolean;
  readonly sort: "risk" | "severity" | "epss" | "firstSeen" | "id";
  readonly order: "asc" | "desc";
  readonly limit: number;
  readonly cursor?: string;
}

export const sortColumns = {
  risk: "risk",
  severity: "severity",
  epss: "epss",
  firstSeen: "first_seen",
  id: "id",
} as const;

type Column =
  | "risk"
  | "severity"
  | "epss"
  | "first_seen"
  | "id"
  | "package_name"
  | "known_exploited"
  | "number";

/** What lets a finding through, whatever the order. */
export type FindingFilter = Omit<FindingQuery, "sort" | "order" | "limit" | "cursor"> &
  Partial<Pick<FindingQuery, "sort">>;

export interface ConditionOptions {
  readonly matches: TextMatches | undefined;
  readonly ordered: boolean;
  /** Whether findings are sought by the images that may be seen; only then is an index on the images used. */
  readonly byImages: boolean;
  readonly sight: Sight;
}

/** What a text was found in. */
export interface TextMatches {
  readonly ids: RawBuilder<unknown>;
  readonly names: RawBuilder<unknown>;
}

/** A list that is longer than this is looked up by the database. */
const MAX_LISTED = 500;

/** The column, so written that no index on it is used. */
function plain(column: Column): RawBuilder<string | number> {
  const numeric =
    column === "risk" ||
    column === "severity" ||
    column === "epss" ||
    column === "known_exploited" ||
    column === "number";
  return numeric ? sql`(findings.${sql.ref(column)} + 0)` : sql`(findings.${sql.ref(column)} || '')`;
}

export function indexed(column: Column): RawBuilder<string | number> {
  return sql.ref(`findings.${column}`);
}

/**
 * The conditions of a query. They are sought by their indexes unless `ordered`: then only the index of the order is
 * used. Which of the two is quick depends on how much is found, which the caller knows and no planner does.
 */
export function conditionsOf(
  query: FindingFilter,
  { matches, ordered, byImages, sight }: ConditionOptions,
): RawBuilder<SqlBool> {
  const sorted = query.sort === undefined ? undefined : sortColumns[query.sort];
  const column = (name: Column) => (ordered && name !== sorted ? plain(name) : indexed(name));
  const all: RawBuilder<unknown>[] = [];
  if (!seesEverything(query.seen)) {
    const imageId = ordered || !byImages ? sql`(findings.image_id || '')` : sql.ref("findings.image_id");
    all.push(sight.images(query.seen, imageId));
  }
  if (query.running !== undefined) {
    const running = sql`select image_id from containers
      where image_id is not null and state = 'running' and ${sight.placed(query.seen, "containers")}`;
    // So written that no index on it is used: what runs is of most images.
    all.push(sql`(findings.image_id || '') ${query.running ? sql`in` : sql`not in`} (${running})`);
  }
  if (query.imageId !== undefined) all.push(sql`findings.image_id = ${query.imageId}`);
  if (query.id !== undefined) all.push(sql`${column("id")} = ${query.id}`);
  if (query.severity !== undefined) all.push(sql`${column("severity")} >= ${rankOf(query.severity)}`);
  if (query.firstSeenAfter !== undefined) {
    all.push(sql`${column("first_seen")} > ${new Date(query.firstSeenAfter).toISOString()}`);
  }
  // Written out, not as a parameter: only so does it match the partial index.
  if (query.knownExploited === true) all.push(sql`${column("known_exploited")} = 1`);
  if (query.knownExploited === false) all.push(sql`${plain("known_exploited")} = 0`);
  if (query.fixable === true) all.push(sql`findings.fixed_version is not null`);
  if (query.fixable === false) all.push(sql`findings.fixed_version is null`);
  if (query.withSuppressed !== true) all.push(sql`findings.suppressed_by is null`);
  if (matches !== undefined) {
    all.push(sql`(${column("id")} in (${matches.ids}) or ${column("package_name")} in (${matches.names}))`);
  }
  return all.length === 0 ? sql`1 = 1` : sql`${sql.join(all, sql` and `)}`;
}

/** Looks a text up among the ids and names that there are, which are few; undefined where nothing holds it. */
export async function matchText(database: Kysely<Schema>, text: string): Promise<TextMatches | undefined> {
  const pattern = literalPattern(text);
  const ids = sql<{ value: string }>`
    select id as value from vulnerabilities where lower(id) like ${pattern} escape '\\'`;
  const names = sql<{ value: string }>`
    select name as value from finding_packages where lower(name) like ${pattern} escape '\\'`;
  const limit = sql`limit ${MAX_LISTED + 1}`;
  const [someIds, someNames] = [
    await sql<{ value: string }>`${ids} ${limit}`.execute(database),
    await sql<{ value: string }>`${names} ${limit}`.execute(database),
  ];
  if (someIds.rows.length + someNames.rows.length === 0) return undefined;
  return { ids: listed(someIds.rows, ids), names: listed(someNames.rows, names) };
}

function listed(rows: readonly { readonly value: string }[], all: RawBuilder<unknown>): RawBuilder<unknown> {
  if (rows.length > MAX_LISTED) return all;
  return rows.length === 0 ? sql`null` : sql.join(rows.map(({ value }) => value));
}
