import { type Kysely, type RawBuilder, sql, type Transaction } from "kysely";
import type { Schema, VulnerabilityTable } from "../schema.ts";
import { type NewFinding, severityOf } from "./finding-row.ts";

const ROWS_AT_ONCE = 500;

const counted = [
  "images",
  "critical",
  "high",
  "medium",
  "low",
  "negligible",
  "unknown",
  "fixable",
  "known_exploited",
] as const;

type Counts = { -readonly [Column in (typeof counted)[number]]: VulnerabilityTable[Column] };

/**
 * Adds to the counts of each vulnerability what has become different in one image. Counting by differences keeps
 * the cost of a report in proportion to the report, not to all images.
 */
export async function countVulnerabilities(
  transaction: Transaction<Schema>,
  before: readonly NewFinding[],
  after: readonly NewFinding[],
): Promise<void> {
  await countDifferences(transaction, [{ before, after }]);
}

/** What one image had and has; of a vulnerability that is in either, all that the image has of it. */
export interface ImageDifference {
  readonly before: readonly NewFinding[];
  readonly after: readonly NewFinding[];
}

/** Adds to the counts of each vulnerability what has become different in some images. */
export async function countDifferences(
  transaction: Kysely<Schema>,
  images: readonly ImageDifference[],
): Promise<void> {
  const sums = new Map<string, Summary>();
  for (const { before, after } of images) addDifferences(sums, summarize(before), summarize(after));
  const rows = [...sums].map(([id, { counts, epss }]) => rowOf(id, counts, epss));
  // All writers go through them in one order.
  rows.sort((left, right) => (left.id < right.id ? -1 : 1));
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
    await transaction
      .insertInto("vulnerabilities")
      .values(rows.slice(from, from + ROWS_AT_ONCE))
      .onConflict((conflict) => conflict.column("id").doUpdateSet(summed()))
      .execute();
  }
}

function addDifferences(
  sums: Map<string, Summary>,
  was: ReadonlyMap<string, Summary>,
  is: ReadonlyMap<string, Summary>,
): void {
  const add = (id: string, counts: Counts, epss: number) => {
    const sum = sums.get(id) ?? { counts: zero(), epss };
    sums.set(id, sum);
    sum.epss = epss;
    for (const name of counted) sum.counts[name] += counts[name];
  };
  for (const [id, { counts, epss }] of is) {
    const old = was.get(id);
    if (old !== undefined && old.epss === epss && counted.every((name) => old.counts[name] === counts[name]))
      continue;
    add(id, difference(counts, old?.counts ?? zero()), epss);
  }
  for (const [id, { counts, epss }] of was) {
    if (!is.has(id)) add(id, difference(zero(), counts), epss);
  }
}

interface Summary {
  readonly counts: Counts;
  epss: number;
}

/** What one image has of each vulnerability: it counts once, by the worst that it has. */
function summarize(findings: readonly NewFinding[]): ReadonlyMap<string, Summary> {
  const worst = new Map<string, number>();
  const all = new Map<string, Summary>();
  for (const { id, severity, fixed_version, known_exploited, epss, suppressed_by } of findings) {
    const summary = all.get(id) ?? { counts: zero(), epss: -1 };
    all.set(id, summary);
    summary.epss = Math.max(summary.epss, epss);
    // A vulnerability that is suppressed everywhere is known, and counts nothing.
    if (suppressed_by !== null) continue;
    summary.counts.images = 1;
    if (fixed_version !== null) summary.counts.fixable = 1;
    if (known_exploited === 1) summary.counts.known_exploited = 1;
    worst.set(id, Math.max(worst.get(id) ?? 0, severity));
  }
  for (const [id, rank] of worst) {
    const counts = all.get(id)?.counts;
    if (counts !== undefined) counts[severityOf(rank)] = 1;
  }
  return all;
}

function zero(): Counts {
  return {
    images: 0,
    critical: 0,
    high: 0,
    medium: 0,
    low: 0,
    negligible: 0,
    unknown: 0,
    fixable: 0,
    known_exploited: 0,
  };
}

function difference(now: Counts, then: Counts): Counts {
  const result = zero();
  for (const name of counted) result[name] = now[name] - then[name];
  return result;
}

/** `worst` is right where the row is new; where there is one, {@link sums} finds it anew. */
function rowOf(id: string, counts: Counts, epss: number): VulnerabilityTable {
  const worst = ranked.findIndex((name) => counts[name] > 0);
  return { id, ...counts, epss, worst: worst < 0 ? 0 : ranked.length - worst };
}

/** Those that have a rank above 0, worst first. */
const ranked = ["critical", "high", "medium", "low", "negligible"] as const;

function summed() {
  const sum = (name: (typeof counted)[number]): RawBuilder<number> =>
    sql`${sql.ref(`vulnerabilities.${name}`)} + ${sql.ref(`excluded.${name}`)}`;
  const cases = ranked.map(
    (name, index) => sql`when ${sum(name)} > 0 then ${sql.lit(ranked.length - index)}`,
  );
  return {
    images: sum("images"),
    critical: sum("critical"),
    high: sum("high"),
    medium: sum("medium"),
    low: sum("low"),
    negligible: sum("negligible"),
    unknown: sum("unknown"),
    fixable: sum("fixable"),
    known_exploited: sum("known_exploited"),
    epss: sql<number>`excluded.epss`,
    worst: sql<number>`case ${sql.join(cases, sql` `)} else 0 end`,
  };
}
