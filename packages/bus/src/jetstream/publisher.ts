import {
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
} from "@nats-io/jetstream";
import { type AuditRecord, KeyedTurns, messageOf, RecentMap } from "@pratique/core";
import { BusError } from "../errors.ts";
import { NO_RECORDS, placeBatch } from "../place-batch.ts";
import type { Acknowledgement, HeadInStore, LogHead, RecordBatch } from "../record-bus.ts";
import { CONSUMER, type StreamNames } from "./ensure-streams.ts";
import { headersOf, readBatch, readHead, split, subjectOf } from "./message.ts";

/** How often it is tried while other servers write the same log. */
const ATTEMPTS = 5;
/** Heads are remembered only so that NATS and the store need not be asked for them each time. */
const MAX_REMEMBERED = 50_000;
/** How far back a batch that is older than the head is compared. */
const MAX_STEPS_BACK = 50;
/** JSStorageResourcesExceededErr, JSStreamStoreFailedF and JSStreamMaxStreamBytesExceeded of nats-server. */
const STREAM_FULL: readonly number[] = [10_047, 10_077, 10_122];

export interface PublisherOptions {
  readonly client: JetStreamClient;
  readonly manager: JetStreamManager;
  readonly names: StreamNames;
  readonly headInStore: HeadInStore;
  /** What the records of one message may take, in bytes. */
  readonly maxBytes: () => number;
  readonly timeoutMs: number;
}

/** A log's head, and the place of its last message in the stream; 0 where there is none. */
interface Head extends LogHead {
  readonly place: number;
}

/** Puts batches into the stream, each behind the one before, whichever server it came to. */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #heads = new RecentMap<string, Head>(MAX_REMEMBERED);
  readonly #turns = new KeyedTurns();

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  /** Puts a batch behind the log's last; batches of one log one after the other. Rejects with `BUS_FULL`, `BUS_UNAVAILABLE`. */
  async publish(batch: RecordBatch): Promise<Acknowledgement> {
    return await this.#turns.take(batch.logId, () => this.#publish(batch));
  }

  /**
   * Where a log stands, asked of NATS and the store anew: a host relies on the answer, and what is remembered may have been
   * lost with NATS' disk since.
   */
  async head(logId: string): Promise<LogHead | undefined> {
    const head = await this.#turns.take(logId, () => this.#load(logId));
    if (head.acknowledged === 0) return undefined;
    const { acknowledged, lastHash, host } = head;
    return { acknowledged, lastHash, host };
  }

  /** Has the head of a log asked for anew, since it may be another by now. */
  forget(logId: string): void {
    this.#heads.delete(logId);
  }

  async #publish(batch: RecordBatch): Promise<Acknowledgement> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const head = this.#heads.get(batch.logId) ?? (await this.#load(batch.logId));
      const placed = placeBatch(batch.records, head);
      switch (placed.kind) {
        case "gap":
        case "forked":
          return { kind: placed.kind, acknowledged: head.acknowledged };
        case "older":
          return {
            kind: (await this.#differs(batch, head)) ? "forked" : "stored",
            acknowledged: head.acknowledged,
          };
        case "fits": {
          const reached = await this.#append({ ...batch, records: placed.fresh }, head, attempt);
          if (reached !== undefined) return { kind: "stored", acknowledged: reached };
        }
      }
    }
    throw new BusError(
      "BUS_UNAVAILABLE",
      `other servers write the log ${JSON.stringify(batch.logId)} all the time`,
    );
  }

  /** Gives the sequence of the new head; undefined where the head was another than we thought, and the batch has to be placed anew. */
  async #append(batch: RecordBatch, from: Head, attempt: number): Promise<number | undefined> {
    const { client, names, maxBytes, timeoutMs } = this.#options;
    let head = from;
    for (const records of split(batch.records, maxBytes())) {
      const last = records.at(-1);
      if (last === undefined) continue;
      try {
        const { seq, duplicate } = await client.publish(
          subjectOf(names.subject, batch.logId),
          JSON.stringify({ logId: batch.logId, host: batch.host, records }),
          {
            headers: headersOf(batch, last, head.place),
            msgID: idOf(batch.logId, records, attempt),
            expect: { streamName: names.stream, lastSubjectSequence: head.place },
            timeout: timeoutMs,
          },
        );
        // NATS knows the id: the message is in the stream, or was, and has been taken out of it since.
        if (duplicate) {
          this.forget(batch.logId);
          return undefined;
        }
        head = { acknowledged: last.sequence, lastHash: last.hash, host: batch.host, place: seq };
        this.#heads.set(batch.logId, head);
      } catch (thrown) {
        this.forget(batch.logId);
        if (isOtherHead(thrown)) return undefined;
        throw errorOf(thrown);
      }
    }
    return head.acknowledged;
  }

  async #load(logId: string): Promise<Head> {
    const { manager, names, headInStore } = this.#options;
    let held = await headInStore(logId);
    const last = await this.#ask(() =>
      manager.streams.getMessage(names.stream, { last_by_subj: subjectOf(names.subject, logId) }),
    );
    let inStream = last === null ? undefined : readHead(last.header);
    const place = last?.seq ?? 0;
    if ((inStream?.acknowledged ?? 0) > (held?.acknowledged ?? 0) && (await this.#isTakenIn(place))) {
      // So the store has had it. If it has it no more, it was brought back from a backup, and what it says holds.
      held = await headInStore(logId);
      inStream = undefined;
    }
    // The store is ahead where records reached it without this bus for a while.
    const further = (held?.acknowledged ?? 0) > (inStream?.acknowledged ?? 0) ? held : inStream;
    const { acknowledged, lastHash, host } = further ?? { ...NO_RECORDS, host: "" };
    const head = { acknowledged, lastHash, host, place };
    this.#heads.set(logId, head);
    return head;
  }

  /** Whether everything up to a place in the stream was taken in. */
  async #isTakenIn(place: number): Promise<boolean> {
    const { manager, names } = this.#options;
    const consumer = await this.#ask(() => manager.consumers.info(names.stream, CONSUMER));
    return (consumer?.ack_floor.stream_seq ?? 0) >= place;
  }

  /**
   * Whether a batch that ends before the head contradicts what was published. Goes back from the head through the messages
   * that are still in the stream; what has been cleared away cannot be compared.
   */
  async #differs(batch: RecordBatch, head: Head): Promise<boolean> {
    const { manager, names } = this.#options;
    const sent = new Map(batch.records.map(({ sequence, hash }) => [sequence, hash]));
    const first = batch.records.at(0)?.sequence ?? 0;
    let place = head.place;
    for (let step = 0; place > 0 && step < MAX_STEPS_BACK; step += 1) {
      const seq = place;
      const message = await this.#ask(() => manager.streams.getMessage(names.stream, { seq }));
      const held = message === null ? undefined : readBatch(message.string());
      if (message === null || held === undefined) return false;
      if (held.records.some(({ sequence, hash }) => (sent.get(sequence) ?? hash) !== hash)) return true;
      if ((held.records.at(0)?.sequence ?? 0) <= first) return false;
      place = readHead(message.header)?.before ?? 0;
    }
    return false;
  }

  /** Null where NATS has no such message. */
  async #ask<Answer>(call: () => Promise<Answer>): Promise<Answer | null> {
    try {
      return await call();
    } catch (thrown) {
      if (thrown instanceof JetStreamApiError && thrown.code === JetStreamApiCodes.NoMessageFound)
        return null;
      throw errorOf(thrown);
    }
  }
}

function idOf(logId: string, records: readonly AuditRecord[], attempt: number): string {
  return `${logId}.${records.at(0)?.sequence}-${records.at(-1)?.sequence}.${records.at(-1)?.hash}.${attempt}`;
}

function isOtherHead(thrown: unknown): boolean {
  if (!(thrown instanceof JetStreamApiError)) return false;
  const { StreamWrongLastSequence, StreamWrongLastSequenceUnknown } = JetStreamApiCodes;
  return thrown.code === StreamWrongLastSequence || thrown.code === StreamWrongLastSequenceUnknown;
}

function errorOf(cause: unknown): BusError {
  if (cause instanceof BusError) return cause;
  if (cause instanceof JetStreamApiError && STREAM_FULL.includes(cause.code)) {
    return new BusError("BUS_FULL", `no more records can wait: ${cause.message}`, { cause });
  }
  return new BusError("BUS_UNAVAILABLE", `NATS does not answer as it should: ${messageOf(cause)}`, { cause });
}
