import type { AuditClass } from "@pratique/core";
import { type RawBuilder, sql, type Transaction } from "kysely";
import { replaceFindings } from "../findings/replace-findings.ts";
import { forgetReportsOf } from "../image-dispute.ts";
import { forgetOrigins } from "../image-origin.ts";
import { HOUR_LENGTH } from "../launch-hours.ts";
import { forgetPackagesOf, forgetUnusedPackages } from "../packages/note-packages.ts";
import type { Schema } from "../schema.ts";
import type { Store } from "../store.ts";

/**
 * After how many days something is forgotten; what is absent is kept for ever. The feed of changes needs no age: it
 * never holds more than its last 10 000.
 */
export interface RetentionPolicy {
  readonly launches?: number;
  /** Detections, and what was done about them. */
  readonly detections?: number;
  /** By the class of the record; a class that is absent is kept for ever. */
  readonly records?: Readonly<Partial<Record<AuditClass, number>>>;
  /** Images that were not scanned for so long, with their reports and findings. */
  readonly reports?: number;
  /** Points of the timeline, findings that are no more, and states that images are in no more. */
  readonly timeline?: number;
}

/** How much was deleted. */
export interface RetentionCounts {
  readonly launches: number;
  readonly detections: number;
  readonly records: Readonly<Partial<Record<AuditClass, number>>>;
  readonly reports: number;
  readonly timeline: number;
}

/** Others may write between two batches. */
const BATCH = 1_000;
/** A report takes its findings with it. */
const REPORTS_AT_ONCE = 20;
const DAY_MS = 86_400_000;

/**
 * Deletes what is older than the policy says and under no legal hold, in batches. Stopped half-way, it has deleted
 * only what may be deleted, and goes on where it was when it is run again.
 */
export async function retain(store: Store, policy: RetentionPolicy, nowMs: number): Promise<RetentionCounts> {
  const before = (days: number) => new Date(nowMs - days * DAY_MS).toISOString();
  const records: Partial<Record<AuditClass, number>> = {};
  for (const [kind, days] of Object.entries(policy.records ?? {})) {
    // The keys of the policy are classes: that is its type.
    records[kind as AuditClass] = await inBatches(store, (transaction) =>
      deleteRecords(transaction, kind, before(days)),
    );
  }
  const { launches, detections, reports, timeline } = policy;
  return {
    records,
    launches: await unlessAbsent(launches, (days) =>
      inBatches(store, (transaction) => deleteLaunches(transaction, before(days))),
    ),
    detections: await unlessAbsent(
      detections,
      async (days) =>
        (await inBatches(store, (transaction) => deleteDetections(transaction, before(days)))) +
        (await inBatches(store, (transaction) => deleteResponses(transaction, before(days)))),
    ),
    reports: await unlessAbsent(reports, async (days) => {
      const deleted = await inBatches(store, (transaction) => deleteReports(transaction, before(days)));
      if (deleted > 0) await store.changes.write((transaction) => forgetUnusedPackages(transaction));
      return deleted;
    }),
    timeline: await unlessAbsent(timeline, (days) =>
      inBatches(store, (transaction) => deleteDays(transaction, before(days))),
    ),
  };
}

async function unlessAbsent(
  days: number | undefined,
  work: (days: number) => Promise<number>,
): Promise<number> {
  return days === undefined ? 0 : await work(days);
}

async function inBatches(
  store: Store,
  batch: (transaction: Transaction<Schema>) => Promise<number>,
): Promise<number> {
  let total = 0;
  for (let deleted = -1; deleted !== 0; total += deleted) {
    deleted = await store.changes.write((transaction) => batch(transaction));
  }
  return total;
}

async function deleteRecords(
  transaction: Transaction<Schema>,
  kind: string,
  before: string,
): Promise<number> {
  const subject = sql`
    hold.scope = 'log' and hold.subject = records.log_id
    or hold.scope = 'host' and exists (
      select 1 from logs where logs.log_id = records.log_id and logs.host = hold.subject)
    or hold.scope in ('host', 'image') and exists (
      select 1 from launches where launches.id = records.log_id || '.' || records.sequence
      and hold.subject in (launches.host, launches.image_id))
    or hold.scope in ('host', 'image') and exists (
      select 1 from detections where detections.id = records.log_id || '.' || records.sequence
      and hold.subject in (detections.host, detections.image_id))`;
  const { rows } = await sql`
    delete from records where (log_id, sequence) in (
      select log_id, sequence from records
      where class = ${kind} and time < ${before} and not ${held(subject, sql`records.time`)}
      order by time limit ${BATCH})
    returning sequence`.execute(transaction);
  return rows.length;
}

/** What a hold keeps of launches is kept; how many there were is not. */
async function deleteLaunches(transaction: Transaction<Schema>, before: string): Promise<number> {
  const subject = sql`
    hold.scope = 'log' and hold.subject = launches.log_id
    or hold.scope = 'host' and hold.subject = launches.host
    or hold.scope = 'image' and hold.subject = launches.image_id`;
  const { rows } = await sql`
    delete from launches where id in (
      select id from launches where time < ${before} and not ${held(subject, sql`launches.time`)}
      order by time limit ${BATCH})
    returning id`.execute(transaction);
  await transaction.deleteFrom("launch_hours").where("hour", "<", before.slice(0, HOUR_LENGTH)).execute();
  return rows.length;
}

async function deleteDetections(transaction: Transaction<Schema>, before: string): Promise<number> {
  const subject = sql`
    hold.scope = 'log' and hold.subject = detections.log_id
    or hold.scope = 'host' and hold.subject = detections.host
    or hold.scope = 'image' and hold.subject = detections.image_id`;
  const { rows } = await sql`
    delete from detections where id in (
      select id from detections where time < ${before} and not ${held(subject, sql`detections.time`)}
      order by time limit ${BATCH})
    returning id`.execute(transaction);
  return rows.length;
}

async function deleteResponses(transaction: Transaction<Schema>, before: string): Promise<number> {
  const subject = sql`
    hold.scope = 'log' and hold.subject = responses.log_id
    or hold.scope = 'host' and hold.subject = responses.host
    or hold.scope = 'image' and exists (
      select 1 from detections where detections.host = responses.host
      and detections.detection = responses.detection and detections.image_id = hold.subject)`;
  const { rows } = await sql`
    delete from responses where id in (
      select id from responses where time < ${before} and not ${held(subject, sql`responses.time`)}
      order by time limit ${BATCH})
    returning id`.execute(transaction);
  return rows.length;
}

async function deleteReports(transaction: Transaction<Schema>, before: string): Promise<number> {
  const subject = sql`
    hold.scope = 'image' and hold.subject = images.image_id
    or hold.scope in ('host', 'log') and exists (
      select 1 from launches where launches.image_id = images.image_id
      and hold.subject in (launches.host, launches.log_id))`;
  const { rows } = await sql<{ image_id: string }>`
    delete from images where image_id in (
      select image_id from images where scanned_at < ${before} and not ${held(subject)}
      order by scanned_at limit ${REPORTS_AT_ONCE})
    returning image_id`.execute(transaction);
  for (const { image_id: imageId } of rows) {
    await replaceFindings(transaction, imageId, [], { at: "" });
    await forgetReportsOf(transaction, imageId);
    await forgetOrigins(transaction, imageId);
    await transaction.deleteFrom("finding_history").where("image_id", "=", imageId).execute();
    await transaction.deleteFrom("image_states").where("image_id", "=", imageId).execute();
  }
  await forgetPackagesOf(
    transaction,
    rows.map(({ image_id }) => image_id),
  );
  return rows.length;
}

/** Points of the timeline, and all that is only there to tell how it was then. */
async function deleteDays(transaction: Transaction<Schema>, before: string): Promise<number> {
  const rows = await transaction
    .deleteFrom("finding_days")
    .where("day", "<", before.slice(0, 10))
    .returning("day")
    .execute();
  const { rows: findings } = await sql`
    delete from finding_history where number in (
      select number from finding_history where open_until < ${before}
        and not ${held(sql`hold.scope = 'image' and hold.subject = finding_history.image_id`, sql`open_until`)}
      order by open_until limit ${BATCH})
    returning number`.execute(transaction);
  // The last state before stays: it says how the image was on the first day that is left.
  const { rows: states } = await sql`
    delete from image_states where since < ${before}
      and not ${held(sql`hold.scope = 'image' and hold.subject = image_states.image_id`, sql`image_states.since`)}
      and exists (select 1 from image_states as later where later.image_id = image_states.image_id
        and later.since > image_states.since and later.since < ${before})
    returning since`.execute(transaction);
  return rows.length + findings.length + states.length;
}

/** True where a hold covers the row. A report has no time of its own: it is covered whenever its subject is. */
function held(subject: RawBuilder<unknown>, time?: RawBuilder<unknown>): RawBuilder<unknown> {
  const within =
    time === undefined
      ? sql``
      : sql`and (hold.since is null or hold.since <= ${time}) and (hold.until is null or hold.until >= ${time})`;
  return sql`exists (select 1 from legal_holds as hold where (hold.scope = 'all' or ${subject}) ${within})`;
}
