import { setTimeout } from "node:timers/promises";
import type { Transaction } from "kysely";
import type { Change } from "./change.ts";
import type { ChangeFeed } from "./change-feed.ts";
import { RowInserter } from "./insert-rows.ts";
import { LaunchHours } from "./launch-hours.ts";
import { EMPTY, faultIn, headsOf, type LogHead } from "./log-head.ts";
import type { RecordBatch } from "./record-batch.ts";
import { headRows, lateRows, launchRows, type Placed, recordRows, runtimeRows } from "./record-rows.ts";
import type { DetectionTable } from "./runtime/runtime-schema.ts";
import type { LaunchTable, Schema } from "./schema.ts";

/** The last record of a log up to some moment: 0 and 64 zeros before the first. */
export interface ChainPlace {
  readonly sequence: number;
  readonly hash: string;
}

/**
 * What became of a batch. `acknowledged` is the last sequence that the store holds; `before` and `after` are where the
 * log stood without the batch, and where it stands with it.
 * `gap`: records are missing before the batch or inside it. `forked`: the batch contradicts what is held.
 */
export interface Acknowledgement {
  readonly kind: "stored" | "gap" | "forked";
  readonly acknowledged: number;
  readonly before: ChainPlace;
  readonly after: ChainPlace;
}

/** A batch that waits to be stored. */
interface Waiting {
  readonly batch: RecordBatch;
  readonly resolve: (answer: Acknowledgement) => void;
  readonly reject: (thrown: unknown) => void;
}

/** More than these are stored one group after the other, so that no other writer is kept waiting for over some 30 ms. */
const BATCHES_AT_ONCE = 128;
const RECORDS_AT_ONCE = 512;
/** While several hosts send, a group is begun no sooner after the one before: what a group takes hardly depends on its size. */
const GROUP_EVERY_MS = 20;
/** Launches, or detections, that come together are told one by one up to here, and as "some" beyond. */
const TOLD_ONE_BY_ONE = 16;

/**
 * Takes records in. Batches of many logs that come at the same time are stored by the same few statements: what a
 * statement takes hardly depends on how many rows it is about.
 */
export class RecordIntake {
  readonly #feed: ChangeFeed;
  #waiting: Waiting[] = [];
  #running = false;
  readonly #records = new RowInserter("records", [
    "log_id",
    "sequence",
    "time",
    "class",
    "action",
    "actor",
    "data",
    "previous_hash",
    "hash",
  ]);
  readonly #launches = new RowInserter("launches", [
    "id",
    "log_id",
    "sequence",
    "record_hash",
    "time",
    "host",
    "decision",
    "outcome",
    "image",
    "image_id",
    "repository",
    "container_id",
    "search",
    "document",
  ]);

  readonly #logs = new RowInserter("logs", ["log_id", "host", "acknowledged", "last_hash"], {
    key: ["log_id"],
  });
  readonly #hours = new LaunchHours();
  readonly #detections = new RowInserter("detections", [
    "id",
    "log_id",
    "sequence",
    "record_hash",
    "time",
    "host",
    "detection",
    "rule",
    "urgency",
    "tags",
    "outcome",
    "image_id",
    "repository",
    "container_id",
    "search",
    "document",
  ]);
  readonly #responses = new RowInserter("responses", [
    "id",
    "log_id",
    "sequence",
    "time",
    "host",
    "detection",
    "repository",
    "container_id",
    "document",
  ]);

  constructor(feed: ChangeFeed) {
    this.#feed = feed;
  }

  /** Stores a batch, whole or not at all. When it resolves, the batch survives a killed process. */
  take(batch: RecordBatch): Promise<Acknowledgement> {
    const { promise, resolve, reject } = Promise.withResolvers<Acknowledgement>();
    this.#waiting.push({ batch, resolve, reject });
    if (!this.#running) {
      this.#running = true;
      // After all that has arrived by now has been read.
      setImmediate(() => void this.#run());
    }
    return promise;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const soon = setTimeout(GROUP_EVERY_MS);
      await this.#store(this.#nextGroup());
      // Who sends one batch after the other waits for nobody.
      if (this.#waiting.length > 0) await soon;
    }
    this.#running = false;
  }

  /** Of each log one batch, so that where each stands is known before any is stored. */
  #nextGroup(): readonly Waiting[] {
    const logs = new Set<string>();
    const group: Waiting[] = [];
    const rest: Waiting[] = [];
    let count = 0;
    for (const waiting of this.#waiting) {
      const { logId, records } = waiting.batch;
      const isFull =
        group.length >= BATCHES_AT_ONCE || (count > 0 && count + records.length > RECORDS_AT_ONCE);
      const fits = !isFull && !logs.has(logId);
      if (fits) count += records.length;
      logs.add(logId);
      (fits ? group : rest).push(waiting);
    }
    this.#waiting = rest;
    return group;
  }

  async #store(group: readonly Waiting[]): Promise<void> {
    try {
      const answers = await this.#feed.write((transaction, changed) =>
        this.#storeAll(
          transaction,
          group.map(({ batch }) => batch),
          changed,
        ),
      );
      for (const [index, { resolve, reject }] of group.entries()) {
        const answer = answers[index];
        if (answer === undefined) reject(new TypeError("a batch has no answer"));
        else resolve(answer);
      }
    } catch (thrown) {
      if (group.length === 1) return group[0]?.reject(thrown);
      // Nothing of it is stored. Each by itself succeeds, or says why it does not.
      for (const waiting of group) await this.#store([waiting]);
    }
  }

  async #storeAll(
    transaction: Transaction<Schema>,
    batches: readonly RecordBatch[],
    changed: (change: Change) => void,
  ): Promise<readonly Acknowledgement[]> {
    const heads = await headsOf(
      transaction,
      batches.map(({ logId }) => logId),
    );
    const answers: Acknowledgement[] = [];
    const placed: Placed[] = [];
    for (const batch of batches) {
      const head = heads.get(batch.logId) ?? EMPTY;
      const before = placeOf(head);
      const fault = await faultIn(transaction, head, batch);
      const fresh =
        fault === undefined ? batch.records.filter(({ sequence }) => sequence > head.acknowledged) : [];
      const after = fresh.at(-1) ?? before;
      const { sequence, hash } = after;
      answers.push({
        kind: fault ?? "stored",
        acknowledged: sequence,
        before,
        after: { sequence, hash },
      });
      if (fresh.length > 0) placed.push({ batch, fresh });
    }
    await this.#insert(transaction, placed, changed);
    return answers;
  }

  async #insert(
    transaction: Transaction<Schema>,
    placed: readonly Placed[],
    changed: (change: Change) => void,
  ): Promise<void> {
    if (placed.length === 0) return;
    await this.#records.insert(transaction, placed.flatMap(recordRows));
    await noteLate(transaction, placed);
    const launches = placed.flatMap(launchRows);
    await this.#launches.insert(transaction, launches);
    await this.#hours.add(transaction, launches);
    await noteDecisions(transaction, launches);
    await this.#logs.insert(transaction, placed.flatMap(headRows));
    const { detections, responses } = runtimeRows(placed);
    await this.#detections.insert(transaction, detections);
    await this.#responses.insert(transaction, responses);
    tell("launch", launches, changed);
    if (launches.length > TOLD_ONE_BY_ONE) tellPlaces("launch-records", launches.filter(isRefusal), changed);
    // Who looks at a detection sees what was done about it.
    if (detections.length > 0) tell("detection", detections, changed);
    else if (responses.length > 0) changed({ kind: "detection", subject: "" });
    tellPlaces("runtime-records", [...detections, ...responses], changed);
  }
}

function tell(
  kind: "launch" | "detection",
  rows: readonly { readonly id: string }[],
  changed: (change: Change) => void,
): void {
  if (rows.length > TOLD_ONE_BY_ONE) changed({ kind, subject: "" });
  else for (const { id } of rows) changed({ kind, subject: id });
}

/** For each log, between which of its records something happened that people may have to hear of. */
function tellPlaces(
  kind: "runtime-records" | "launch-records",
  rows: readonly Pick<DetectionTable, "log_id" | "sequence">[],
  changed: (change: Change) => void,
): void {
  for (const [logId, those] of Map.groupBy(rows, ({ log_id: id }) => id)) {
    const sequences = those.map(({ sequence }) => sequence);
    const subject = `${logId}.${Math.min(...sequences)}-${Math.max(...sequences)}`;
    changed({ kind, subject });
  }
}

/** Whether a launch was refused, or would have been. */
function isRefusal({ outcome }: LaunchTable): boolean {
  return outcome === "denied" || outcome === "observed";
}

function placeOf({ acknowledged, lastHash }: LogHead): ChainPlace {
  return { sequence: acknowledged, hash: lastHash };
}

/** What a host wrote is as old as it says by a clock of its own: from when it came, retention counts for itself. */
async function noteLate(transaction: Transaction<Schema>, placed: readonly Placed[]): Promise<void> {
  const rows = placed.flatMap(lateRows);
  if (rows.length === 0) return;
  await transaction
    .insertInto("late_records")
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .columns(["log_id", "day"])
        .doUpdateSet(({ ref }) => ({ last_sequence: ref("excluded.last_sequence") })),
    )
    .execute();
}

/** Of each image the last launch counts. */
async function noteDecisions(
  transaction: Transaction<Schema>,
  launches: readonly LaunchTable[],
): Promise<void> {
  const last = new Map<string, LaunchTable>();
  for (const launch of launches) {
    if (launch.image_id === null) continue;
    const known = last.get(launch.image_id);
    if (known === undefined || known.time <= launch.time) last.set(launch.image_id, launch);
  }
  for (const [imageId, { decision, time }] of last) {
    await transaction
      .updateTable("images")
      .set({ last_decision: decision, last_decided_at: time })
      .where("image_id", "=", imageId)
      .where(({ eb, or }) => or([eb("last_decided_at", "is", null), eb("last_decided_at", "<=", time)]))
      .execute();
  }
}
