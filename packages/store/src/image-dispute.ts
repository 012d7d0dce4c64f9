import { createHash } from "node:crypto";
import type { ScanReport } from "@pratique/core";
import { type Kysely, type RawBuilder, sql, type Transaction } from "kysely";
import { agreeOnLayers, areOfTwoPlatforms, hashIn, layersOf, platformIn } from "./image-layers.ts";
import type { Schema } from "./schema.ts";

/** Two hosts that judged one image by the same advisories, and say different things of it. */
export interface ImageDispute {
  /** Both, sorted. */
  readonly hosts: readonly [string, string];
  /** ISO 8601, UTC: since when it is known. */
  readonly since: string;
}

/** A report as it is held against those of other hosts. */
export interface ReportInShort {
  readonly imageId: string;
  readonly host: string;
  readonly report: ScanReport;
  /** How bad its findings are: see image-row.ts. */
  readonly weight: number;
  /** ISO 8601, UTC. */
  readonly at: string;
}

/** What comes of holding a report against those of other hosts. */
export interface HeldAgainst {
  /** Two hosts that contradict each other, where that was not known. */
  readonly fresh: ImageDispute | undefined;
  /**
   * `kept`: it takes the place of the report that is held, whenever that was made. `passed-over`: another host's is at
   * least as bad, and is to be held. `newest`: nobody's is to be weighed against it, and the newest is held.
   */
  readonly outcome: "kept" | "passed-over" | "newest";
}

/**
 * Advisories that were built within so long of each other count as much as each other: hosts fetch them at different
 * hours, and a host that lies could otherwise say of its own that they are a minute newer.
 */
const AS_NEW_MS = 24 * 3_600_000;
/** Clocks differ by so much; what is beyond was made up. */
const CLOCK_SKEW_MS = 5 * 60_000;

/**
 * Remembers what a host says of an image, and holds it against what others say: an image is the same everywhere. Who
 * had the same advisories, or lists other layers, contradicts; of two reports by advisories that are as new as each
 * other the worse is kept. What is built in the future is newer than nothing.
 */
export async function holdAgainstOthers(
  transaction: Transaction<Schema>,
  { imageId: image_id, host, report, weight, at }: ReportInShort,
): Promise<HeldAgainst> {
  const built = builtAtOf(report, at);
  const row = {
    basis: basisOf(report),
    said: saidIn(report),
    weight,
    built_at: built.iso,
    layers: layersOf(report),
  };
  await transaction
    .insertInto("image_reports")
    .values({ image_id, host, ...row })
    .onConflict((conflict) => conflict.columns(["image_id", "host"]).doUpdateSet(row))
    .execute();
  const fresh = await noteDispute(transaction, { imageId: image_id, host, at });
  return { fresh, outcome: await weigh(transaction, { image_id, host, ...row }, built.isBelieved) };
}

interface Place {
  readonly imageId: string;
  readonly host: string;
  readonly at: string;
}

/** Marks an image where another host contradicts, and takes the mark off where nobody does. Gives a new one. */
async function noteDispute(
  transaction: Transaction<Schema>,
  { imageId: image_id, host, at }: Place,
): Promise<ImageDispute | undefined> {
  const [other] = await contradicting(transaction, image_id, host);
  const known = await disputeOf(transaction, image_id);
  if (other === undefined) {
    if (known?.hosts.includes(host) === true) await settle(transaction, image_id);
    return undefined;
  }
  const [first, second] = host < other ? [host, other] : [other, host];
  if (known?.hosts[0] === first && known.hosts[1] === second) return undefined;
  const columns = { host: first, other: second, since: at };
  await transaction
    .insertInto("image_disputes")
    .values({ image_id, ...columns })
    .onConflict((conflict) => conflict.column("image_id").doUpdateSet(columns))
    .execute();
  return { hosts: [first, second], since: at };
}

/** The hosts that contradict a host about an image, the one that says the worst of it first; at most one. */
async function contradicting(
  transaction: Transaction<Schema>,
  imageId: string,
  host: string,
): Promise<readonly string[]> {
  const { rows } = await sql<{ host: string }>`
    select other.host from image_reports as own inner join image_reports as other
    on other.image_id = own.image_id and other.host <> own.host and ${contradicts}
    where own.image_id = ${imageId} and own.host = ${host}
    order by other.weight desc, other.host limit 1`.execute(transaction);
  return rows.map((row) => row.host);
}

const [ownLayers, otherLayers] = [sql.ref("own.layers"), sql.ref("other.layers")];

/** An image has the same layers everywhere, whatever it is judged by, and every platform its own. */
const contradicts = sql`(
  other.basis = own.basis and other.said <> own.said and not ${areOfTwoPlatforms(ownLayers, otherLayers)}
  or not ${agreeOnLayers(ownLayers, otherLayers)})`;

/** Takes the mark off an image, or puts it upon other hosts that contradict each other about it. */
async function settle(transaction: Transaction<Schema>, imageId: string): Promise<void> {
  const left =
    (await apart(transaction, imageId, { by: sql`basis`, in: sql`said` })) ??
    (await apart(transaction, imageId, { by: sql`''`, in: hashIn(sql`layers`) }));
  if (left === undefined) {
    await transaction.deleteFrom("image_disputes").where("image_id", "=", imageId).execute();
  } else {
    await transaction.updateTable("image_disputes").set(left).where("image_id", "=", imageId).execute();
  }
}

/**
 * Two hosts whose reports of an image are alike in one thing and differ in another. Not found by holding each against
 * each: thousands of hosts may have the image.
 */
async function apart(
  transaction: Transaction<Schema>,
  imageId: string,
  { by, in: what }: { readonly by: RawBuilder<unknown>; readonly in: RawBuilder<unknown> },
): Promise<{ readonly host: string; readonly other: string } | undefined> {
  const reports = sql`
    select host, ${by} as alike, ${platformIn(sql`layers`)} as platform, ${what} as told
    from image_reports where image_id = ${imageId} and layers <> ''`;
  const { rows } = await sql<{ one: string; other: string }>`
    with reports as (${reports}), differing as (
      select alike, platform, min(told) as least, max(told) as most from reports
      group by alike, platform having min(told) <> max(told) limit 1)
    select min(case when told = least then host end) as one, min(case when told = most then host end) as other
    from reports inner join differing on reports.alike = differing.alike and reports.platform = differing.platform
    group by differing.alike`.execute(transaction);
  const [found] = rows;
  if (found === undefined) return undefined;
  const [host = "", other = ""] = [found.one, found.other].sort();
  return { host, other };
}

/** Forgets what a host said of images, and whom it contradicted. */
export async function forgetReportsBy(
  transaction: Transaction<Schema>,
  host: string,
): Promise<readonly string[]> {
  await sql`
    update images set layers = coalesce((
      select min(other.layers) from image_reports as other
      where other.image_id = images.image_id and other.host <> ${host} and other.layers <> ''), '')
    where image_id in (select image_id from image_reports where host = ${host}) and not exists (
      select 1 from image_reports as other
      where other.image_id = images.image_id and other.host <> ${host} and other.layers = images.layers)`.execute(
    transaction,
  );
  await transaction.deleteFrom("image_reports").where("host", "=", host).execute();
  const disputed = await transaction
    .selectFrom("image_disputes")
    .select("image_id")
    .where(({ eb, or }) => or([eb("host", "=", host), eb("other", "=", host)]))
    .execute();
  for (const { image_id: imageId } of disputed) await settle(transaction, imageId);
  return disputed.map(({ image_id }) => image_id);
}

/** Forgets what hosts said of an image that is not kept any more. */
export async function forgetReportsOf(transaction: Transaction<Schema>, imageId: string): Promise<void> {
  await transaction.deleteFrom("image_reports").where("image_id", "=", imageId).execute();
  await transaction.deleteFrom("image_disputes").where("image_id", "=", imageId).execute();
}

interface Weighed {
  readonly image_id: string;
  readonly host: string;
  readonly basis: string;
  readonly said: string;
  readonly weight: number;
  readonly built_at: string;
}

async function weigh(
  transaction: Transaction<Schema>,
  { image_id, host, basis, said, weight, built_at }: Weighed,
  isBelieved: boolean,
): Promise<HeldAgainst["outcome"]> {
  const [from, to] = isBelieved ? asNewAs(built_at) : ["", built_at];
  const others = transaction
    .selectFrom("image_reports")
    .where("image_id", "=", image_id)
    .where("host", "<>", host)
    .where("said", "<>", said);
  const worst = await others
    .select("weight")
    .where(({ eb, or }) => or([eb("basis", "=", basis), eb("built_at", ">=", from)]))
    .orderBy("weight", "desc")
    .limit(1)
    .executeTakeFirst();
  if (worst === undefined) return "newest";
  if (Number(worst.weight) >= weight) return "passed-over";
  const better = await others
    .select("host")
    .where(({ eb, or, and }) =>
      or([eb("basis", "=", basis), and([eb("built_at", ">=", from), eb("built_at", "<=", to)])]),
    )
    .limit(1)
    .executeTakeFirst();
  return better === undefined ? "newest" : "kept";
}

function asNewAs(builtAt: string): readonly [from: string, to: string] {
  if (builtAt === "") return ["", ""];
  const at = Date.parse(builtAt);
  return [new Date(at - AS_NEW_MS).toISOString(), new Date(at + AS_NEW_MS).toISOString()];
}

/** When the newest advisories of a report were built, and whether that can be. Empty where there are none. */
export function builtAtOf(
  { assessment }: ScanReport,
  at: string,
): { readonly iso: string; readonly isBelieved: boolean } {
  const latest = Math.max(...assessment.advisories.map(({ builtAt }) => Date.parse(builtAt)));
  if (!Number.isFinite(latest)) return { iso: "", isBelieved: assessment.advisories.length === 0 };
  const isBelieved = latest <= Date.parse(at) + CLOCK_SKEW_MS;
  return { iso: isBelieved ? new Date(latest).toISOString() : at, isBelieved };
}

/** The time of a scan as the server believes it: nobody has looked later than now. */
export function scannedAtOf({ scannedAt }: ScanReport, at: string): string {
  return Date.parse(scannedAt) > Date.parse(at) + CLOCK_SKEW_MS ? at : scannedAt;
}

/** The hosts that contradict each other about an image; undefined where none do. */
export async function disputeOf(
  database: Kysely<Schema>,
  imageId: string,
): Promise<ImageDispute | undefined> {
  const row = await database
    .selectFrom("image_disputes")
    .select(["host", "other", "since"])
    .where("image_id", "=", imageId)
    .executeTakeFirst();
  return row && { hosts: [row.host, row.other], since: row.since };
}

/** What a report was judged by. Whether that has become old since then says nothing of its revision. */
function basisOf({ assessment }: ScanReport): string {
  return hashOf(assessment.advisories.map(({ source, builtAt, coverage }) => [source, builtAt, coverage]));
}

function saidIn({ packages, findings }: ScanReport): string {
  return hashOf([
    ...packages.map(({ id }) => ["package", id]),
    ...findings.map(({ id, packageId, severity, status, knownExploited, suppressed }) => [
      "finding",
      id,
      packageId,
      severity,
      status,
      knownExploited,
      suppressed !== undefined,
    ]),
  ]);
}

/** A hash of a list, whatever its order. */
function hashOf(items: readonly unknown[]): string {
  const lines = items.map((item) => JSON.stringify(item)).sort();
  return createHash("sha256").update(lines.join("\n")).digest("base64url");
}
