import type { AuditRecord } from "@pratique/core";
import type { Kysely, Transaction } from "kysely";
import type { ChangeFeed } from "./change-feed.ts";
import { repositoryOf } from "./fleet/repository-name.ts";
import type { LaunchProjection } from "./launch-repository.ts";
import type { LaunchTable, Schema } from "./schema.ts";
import { searchable } from "./text-search.ts";

/** Records of one log, in the order of their sequences. */
export interface RecordBatch {
  readonly logId: string;
  readonly host: string;
  readonly records: readonly AuditRecord[];
  /** What a record tells of a launch; undefined where it tells of none. */
  readonly project: (record: AuditRecord) => LaunchProjection | undefined;
}

/**
 * What became of a batch. `acknowledged` is the last sequence that the store holds.
 * `gap`: records are missing before the batch or inside it. `forked`: the batch contradicts what is held.
 */
export interface Acknowledgement {
  readonly kind: "stored" | "gap" | "forked";
  readonly acknowledged: number;
}

/** The last record of a log: its sequence and its hash, and the host that writes the log. */
export interface LogHead {
  readonly acknowledged: number;
  readonly lastHash: string;
  readonly host: string;
}

const EMPTY: LogHead = { acknowledged: 0, lastHash: "0".repeat(64), host: "" };

/** The records of all logs: raw, and projected to launches in the same transaction. */
export class RecordRepository {
  readonly #database: Kysely<Schema>;
  readonly #feed: ChangeFeed;

  constructor(database: Kysely<Schema>, feed: ChangeFeed) {
    this.#database = database;
    this.#feed = feed;
  }

  /** The last sequence that is held of a log; 0 where nothing is. */
  async acknowledged(logId: string): Promise<number> {
    return (await headOf(this.#database, logId)).acknowledged;
  }

  /** The last record that is held of a log; undefined where nothing is. */
  async head(logId: string): Promise<LogHead | undefined> {
    const head = await headOf(this.#database, logId);
    return head.acknowledged === 0 ? undefined : head;
  }

  /** The host that writes a log; undefined where nothing of it is held. */
  async hostOf(logId: string): Promise<string | undefined> {
    const row = await this.#database
      .selectFrom("logs")
      .select("host")
      .where("log_id", "=", logId)
      .executeTakeFirst();
    return row?.host;
  }

  /** Stores a batch, whole or not at all. When it resolves, the batch survives a killed process. */
  async append(batch: RecordBatch): Promise<Acknowledgement> {
    return await this.#feed.write(async (transaction, changed) => {
      const head = await headOf(transaction, batch.logId);
      const fault = await faultIn(transaction, head, batch);
      if (fault !== undefined) return { kind: fault, acknowledged: head.acknowledged };

      const fresh = batch.records.filter(({ sequence }) => sequence > head.acknowledged);
      const last = fresh.at(-1);
      if (last === undefined) return { kind: "stored", acknowledged: head.acknowledged };
      await insertRecords(transaction, batch.logId, fresh);
      const launches = launchesIn(batch, fresh);
      await insertLaunches(transaction, launches);
      for (const { id } of launches) changed({ kind: "launch", subject: id });
      await moveHead(transaction, batch, last);
      return { kind: "stored", acknowledged: last.sequence };
    });
  }
}

async function headOf(database: Kysely<Schema>, logId: string): Promise<LogHead> {
  const row = await database
    .selectFrom("logs")
    .select(["acknowledged", "last_hash", "host"])
    .where("log_id", "=", logId)
    .executeTakeFirst();
  if (row === undefined) return EMPTY;
  return { acknowledged: Number(row.acknowledged), lastHash: row.last_hash, host: row.host };
}

async function faultIn(
  transaction: Transaction<Schema>,
  head: LogHead,
  { logId, records }: RecordBatch,
): Promise<"gap" | "forked" | undefined> {
  let before: AuditRecord | undefined;
  for (const record of records) {
    if (before !== undefined && record.sequence !== before.sequence + 1) return "gap";
    if (before !== undefined && record.previousHash !== before.hash) return "forked";
    before = record;
  }
  const [first] = records;
  if (first === undefined) return undefined;
  if (first.sequence > head.acknowledged + 1) return "gap";
  if (first.sequence === head.acknowledged + 1) {
    return first.previousHash === head.lastHash ? undefined : "forked";
  }
  const held = await heldHashes(transaction, logId, records);
  // One that is not held any more was deleted for its age: it cannot be compared, and is not stored again.
  const differs = records.some(({ sequence, hash }) => (held.get(sequence) ?? hash) !== hash);
  return differs ? "forked" : undefined;
}

async function heldHashes(
  transaction: Transaction<Schema>,
  logId: string,
  records: readonly AuditRecord[],
): Promise<ReadonlyMap<number, string>> {
  const rows = await transaction
    .selectFrom("records")
    .select(["sequence", "hash"])
    .where("log_id", "=", logId)
    .where("sequence", ">=", records.at(0)?.sequence ?? 0)
    .where("sequence", "<=", records.at(-1)?.sequence ?? 0)
    .execute();
  return new Map(rows.map(({ sequence, hash }) => [Number(sequence), hash]));
}

/** Rows of one INSERT: a row has a dozen columns at most, and SQLite takes 32 766 parameters. */
const ROWS_AT_ONCE = 500;

async function insertRecords(
  transaction: Transaction<Schema>,
  logId: string,
  records: readonly AuditRecord[],
): Promise<void> {
  for (let from = 0; from < records.length; from += ROWS_AT_ONCE) {
    const rows = records.slice(from, from + ROWS_AT_ONCE).map((record) => ({
      log_id: logId,
      sequence: record.sequence,
      time: record.time,
      class: record.class,
      action: record.action,
      actor: record.actor,
      data: JSON.stringify(record.data),
      previous_hash: record.previousHash,
      hash: record.hash,
    }));
    await transaction.insertInto("records").values(rows).execute();
  }
}

async function insertLaunches(
  transaction: Transaction<Schema>,
  launches: readonly LaunchTable[],
): Promise<void> {
  for (let from = 0; from < launches.length; from += ROWS_AT_ONCE) {
    await transaction
      .insertInto("launches")
      .values(launches.slice(from, from + ROWS_AT_ONCE))
      .execute();
  }
  // Of each image the last launch counts.
  const last = new Map(launches.map((launch) => [launch.image_id, launch]));
  for (const [imageId, { decision, time }] of last) {
    if (imageId !== null) await noteDecision(transaction, imageId, decision, time);
  }
}

/** The launches that records tell of, as rows. */
function launchesIn({ logId, host, project }: RecordBatch, records: readonly AuditRecord[]): LaunchTable[] {
  return records.flatMap((record) => {
    const launch = project(record);
    if (launch === undefined) return [];
    return {
      id: `${logId}.${record.sequence}`,
      log_id: logId,
      sequence: record.sequence,
      record_hash: record.hash,
      time: new Date(record.time).toISOString(),
      host,
      decision: launch.decision,
      outcome: launch.outcome,
      image: launch.image,
      image_id: launch.imageId ?? null,
      repository: repositoryOf(launch.image) ?? null,
      container_id: launch.containerId ?? null,
      search: searchable([launch.image, ...launch.words]),
      document: JSON.stringify(launch.document),
    };
  });
}

async function noteDecision(
  transaction: Transaction<Schema>,
  imageId: string,
  decision: string,
  time: string,
): Promise<void> {
  await transaction
    .updateTable("images")
    .set({ last_decision: decision, last_decided_at: time })
    .where("image_id", "=", imageId)
    .where(({ eb, or }) => or([eb("last_decided_at", "is", null), eb("last_decided_at", "<=", time)]))
    .execute();
}

async function moveHead(
  transaction: Transaction<Schema>,
  { logId, host }: RecordBatch,
  { sequence, hash }: AuditRecord,
): Promise<void> {
  const columns = { host, acknowledged: sequence, last_hash: hash };
  await transaction
    .insertInto("logs")
    .values({ log_id: logId, ...columns })
    .onConflict((conflict) => conflict.column("log_id").doUpdateSet(columns))
    .execute();
}
