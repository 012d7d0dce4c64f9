import { createHash } from "node:crypto";
import type { ScanReport } from "@pratique/core";
import type { Kysely, Transaction } from "kysely";
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
  readonly dispute: ImageDispute;
  /** Whether the two were not known to contradict each other. */
  readonly isNew: boolean;
  /** Whether the other host's report is at least as bad, and is the one to be kept. */
  readonly isOutweighed: boolean;
}

/**
 * Remembers what a host says of an image, and holds it against what others say who had the same advisories: an image
 * is the same everywhere, so one of two that differ is wrong. Undefined where nobody contradicts.
 */
export async function holdAgainstOthers(
  transaction: Transaction<Schema>,
  { imageId: image_id, host, report, weight, at }: ReportInShort,
): Promise<HeldAgainst | undefined> {
  const row = { basis: basisOf(report), said: saidIn(report), weight };
  await transaction
    .insertInto("image_reports")
    .values({ image_id, host, ...row })
    .onConflict((conflict) => conflict.columns(["image_id", "host"]).doUpdateSet(row))
    .execute();
  const other = await transaction
    .selectFrom("image_reports")
    .select(["host", "weight"])
    .where("image_id", "=", image_id)
    .where("host", "<>", host)
    .where("basis", "=", row.basis)
    .where("said", "<>", row.said)
    .orderBy("weight", "desc")
    .orderBy("host")
    .limit(1)
    .executeTakeFirst();
  const known = await disputeOf(transaction, image_id);
  if (other === undefined) {
    if (known?.hosts.includes(host) === true) {
      await transaction.deleteFrom("image_disputes").where("image_id", "=", image_id).execute();
    }
    return undefined;
  }
  const [first, second] = host < other.host ? [host, other.host] : [other.host, host];
  const isNew = known === undefined || known.hosts[0] !== first || known.hosts[1] !== second;
  const dispute: ImageDispute = { hosts: [first, second], since: isNew ? at : known.since };
  if (isNew) {
    const columns = { host: first, other: second, since: at };
    await transaction
      .insertInto("image_disputes")
      .values({ image_id, ...columns })
      .onConflict((conflict) => conflict.column("image_id").doUpdateSet(columns))
      .execute();
  }
  return { dispute, isNew, isOutweighed: Number(other.weight) >= weight };
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
