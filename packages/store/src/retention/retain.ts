import type { AuditClass } from "@pratique/core";
import { type RawBuilder, sql, type Transaction } from "kysely";
import { replaceFindings } from "../findings/replace-findings.ts";
import { forgetNamesOfLost, forgetPlacesOf } from "../fleet/image-names.ts";
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
  /** Detections, and what was done about them, by rules and by order. */
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
/** `2026-11-25`. */
const DAY_LENGTH = 10;

/**
 * Deletes what is older than the policy says and under no legal hold, in batches. Stopped half-way, it has deleted
 * only what may be deleted, and goes on where it was when it is run again. What a host said to be days old when it
 * came is as old as its coming: else a host whose clock is wrong, or was made so, has what it tells forgotten at once.
 * `nowMs` is what ages are counted back from, and `clockMs` what the clock shows, which may be later.
 */
export async function retain(
  store: Store,
  policy: RetentionPolicy,
  nowMs: number,
  clockMs = nowMs,
): Promise<RetentionCounts> {
  const before = (days: number) => new Date(nowMs - days * DAY_MS).toISOString();
  await store.changes.write(
    async (transaction) => await forgetLate(transaction, policy, { before, clockMs }),
  );
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
        (await inBatches(store, (transaction) => deleteProjected(transaction, "detections", before(days)))) +
        (await inBatches(store, (transaction) => deleteResponses(transaction, before(days)))) +
        (await inBatches(store, (transaction) => deleteCommands(transaction, before(days)))),
    ),
    reports: await unlessAbsent(reports, async (days) => {
      const deleted = await inBatches(store, (transaction) => deleteReports(transaction, before(days)));
      if (deleted > 0) await store.changes.write((transaction) => forgetUnusedPackages(transaction));
      await inBatches(store, (transaction) => deleteLocations(transaction, before(days)));
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

/** When records came is of use while something of them may be there. None came after today: the clock was ahead. */
async function forgetLate(
  transaction: Transaction<Schema>,
  { launches, detections, records = {} }: RetentionPolicy,
  { before, clockMs }: { readonly before: (days: number) => string; readonly clockMs: number },
): Promise<void> {
  const tomorrow = new Date(clockMs + DAY_MS).toISOString().slice(0, DAY_LENGTH);
  const ages = [launches, detections, ...Object.values(records)].filter((days) => days !== undefined);
  await transaction
    .deleteFrom("late_records")
    .where(({ eb, or }) =>
      or([
        eb("day", ">", tomorrow),
        ...(ages.length > 0 ? [eb("day", "<", before(Math.max(...ages)).slice(0, DAY_LENGTH))] : []),
      ]),
    )
    .execute();
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
      and hold.subject in (detections.host, detections.image_id))
    or hold.scope = 'image' and exists (
      select 1 from responses join detections
      on detections.host = responses.host and detections.detection = responses.detection
      where responses.id = records.log_id || '.' || records.sequence and detections.image_id = hold.subject)`;
  const { rows } = await sql`
    delete from records where (log_id, sequence) in (
      select log_id, sequence from records
      where class = ${kind} and time < ${before} and not ${held(subject, sql`records.time`)}
        and not ${cameAfter(before, sql`records`)}
      order by time limit ${BATCH})
    returning sequence`.execute(transaction);
  return rows.length;
}

/** What a hold keeps of launches is kept; how many there were only by one on everything, as they are of no host alone. */
async function deleteLaunches(transaction: Transaction<Schema>, before: string): Promise<number> {
  const deleted = await deleteProjected(transaction, "launches", before);
  await sql`
    delete from launch_hours where hour < ${before.slice(0, HOUR_LENGTH)}
      and not ${held(nothing, sql`launch_hours.hour || ':00:00.000Z'`)}`.execute(transaction);
  return deleted;
}

/** Deletes what records told of: each row has its host, its image and the log that it is of. */
async function deleteProjected(
  transaction: Transaction<Schema>,
  name: "launches" | "detections",
  before: string,
): Promise<number> {
  const table = sql.table(name);
  const subject = sql`
    hold.scope = 'log' and hold.subject = ${table}.log_id
    or hold.scope = 'host' and hold.subject = ${table}.host
    or hold.scope = 'image' and hold.subject = ${table}.image_id`;
  const { rows } = await sql`
    delete from ${table} where id in (
      select id from ${table} where time < ${before} and not ${held(subject, sql`${table}.time`)}
        and not ${cameAfter(before, table)}
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
        and not ${cameAfter(before, sql`responses`)}
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
  const imageIds = rows.map(({ image_id }) => image_id);
  await forgetPackagesOf(transaction, imageIds);
  await forgetPlacesOf(transaction, imageIds);
  return rows.length;
}

/** Where images were that nobody has told anything else of: no report, and no container. */
async function deleteLocations(transaction: Transaction<Schema>, before: string): Promise<number> {
  const subject = sql`
    hold.scope = 'image' and hold.subject = place.image_id
    or hold.scope = 'host' and hold.subject = place.host`;
  const { rows } = await sql<{ image_id: string }>`
    delete from image_locations where (image_id, host) in (
      select image_id, host from image_locations as place
      where seen_at < ${before} and not ${held(subject)}
        and not exists (select 1 from images where images.image_id = place.image_id)
        and not exists (select 1 from containers where containers.image_id = place.image_id)
      limit ${BATCH})
    returning image_id`.execute(transaction);
  await forgetNamesOfLost(transaction, [...new Set(rows.map(({ image_id: imageId }) => imageId))]);
  return rows.length;
}

/** What hosts were ordered to do, once it has ended. */
async function deleteCommands(transaction: Transaction<Schema>, before: string): Promise<number> {
  const subject = sql`hold.scope = 'host' and hold.subject = command.host`;
  const { rows } = await sql`
    delete from agent_commands where number in (
      select number from agent_commands as command
      where finished_at < ${before} and not ${held(subject, sql`command.finished_at`)}
      order by number limit ${BATCH})
    returning number`.execute(transaction);
  return rows.length;
}

/** Points of the timeline, and all that is only there to tell how it was then. */
async function deleteDays(transaction: Transaction<Schema>, before: string): Promise<number> {
  const { rows } = await sql`
    delete from finding_days where day < ${before.slice(0, DAY_LENGTH)}
      and not ${held(nothing, sql`finding_days.day || 'T00:00:00.000Z'`)}
    returning day`.execute(transaction);
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

/** True where a record that was late came on the day of `before`, or after it. */
function cameAfter(before: string, table: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`exists (select 1 from late_records as late where late.log_id = ${table}.log_id
    and ${table}.sequence between late.first_sequence and late.last_sequence
    and late.day >= ${before.slice(0, DAY_LENGTH)})`;
}

/** The subject of what only a hold on everything covers. */
const nothing = sql`1 = 0`;

/** True where a hold covers the row. A report has no time of its own: it is covered whenever its subject is. */
function held(subject: RawBuilder<unknown>, time?: RawBuilder<unknown>): RawBuilder<unknown> {
  const within =
    time === undefined
      ? sql``
      : sql`and (hold.since is null or hold.since <= ${time}) and (hold.until is null or hold.until >= ${time})`;
  return sql`exists (select 1 from legal_holds as hold where (hold.scope = 'all' or ${subject}) ${within})`;
}
