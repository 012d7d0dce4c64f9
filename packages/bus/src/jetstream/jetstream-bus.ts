import { setTimeout as sleep } from "node:timers/promises";
import { type JetStreamClient, type JetStreamManager, jetstream, jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { messageOf } from "@pratique/core";
import { BusError } from "../errors.ts";
import type {
  Acknowledgement,
  HeadInStore,
  LogHead,
  RecordBatch,
  RecordBus,
  RecordHandler,
} from "../record-bus.ts";
import { CONSUMER, ensureStreams, namesOf } from "./ensure-streams.ts";
import { type BusTrouble, Intake } from "./intake.ts";
import { openConnection } from "./open-connection.ts";
import { Publisher } from "./publisher.ts";
import type { RecordsSetAside } from "./set-aside.ts";
import { DEFAULT_ACK_WAIT_MS, DEFAULT_TIMEOUT_MS, type JetStreamSettings } from "./settings.ts";

export interface JetStreamBusOptions {
  readonly settings: JetStreamSettings;
  readonly headInStore: HeadInStore;
  /** Told what went wrong where no caller waits for it. It is tried again. */
  readonly onTrouble: (trouble: BusTrouble) => void;
  /**
   * Told of records that cannot be stored, before they leave the bus; perhaps more than once. Where it rejects, they stay,
   * and are tried again.
   */
  readonly onSetAside: (records: RecordsSetAside) => Promise<void>;
  /** How often what has been taken in is cleared away, in milliseconds; 30 000 where it is absent. */
  readonly clearEveryMs?: number;
  /** The first wait before a batch that failed comes again, in milliseconds; 50 where it is absent. */
  readonly retryMs?: number;
  /**
   * How long a log may lack records before those behind them are set aside, in milliseconds; 90 000 where it is absent. It has
   * to be longer than a batch may stay with a server that has died, which is `ackWaitMs` and the longest wait of one that failed.
   */
  readonly gapPatienceMs?: number;
  /** Milliseconds of a clock that never turns back. */
  readonly elapsedMs: () => number;
}

const CLEAR_EVERY_MS = 30_000;
const RETRY_MS = 50;
const GAP_PATIENCE_MS = 90_000;
const REOPEN_MS = 1000;
/** Room in a message for what it holds besides its records. */
const ENVELOPE_BYTES = 8192;
/** Larger messages than this make nothing faster. */
const MAX_MESSAGE_BYTES = 512 * 1024;

/**
 * Carries records over NATS JetStream, so that the servers that agents talk to need not be the ones that store, and
 * so that agents are heard while the store is away. A batch is acknowledged when it lies in the stream's files.
 */
export class JetStreamBus implements RecordBus {
  readonly #options: JetStreamBusOptions;
  readonly #connection: NatsConnection;
  readonly #client: JetStreamClient;
  readonly #manager: JetStreamManager;
  readonly #publisher: Publisher;

  /** Connects and makes the streams. Rejects with `BUS_SETTINGS`, `BUS_UNAVAILABLE`. */
  static async open(options: JetStreamBusOptions): Promise<JetStreamBus> {
    const connection = await openConnection(options.settings);
    try {
      const timeout = options.settings.timeoutMs ?? DEFAULT_TIMEOUT_MS;
      const manager = await jetstreamManager(connection, { timeout });
      await ensureStreams(manager, options.settings);
      return new JetStreamBus(options, connection, manager);
    } catch (cause) {
      await connection.close();
      throw new BusError("BUS_UNAVAILABLE", `NATS keeps no records: ${messageOf(cause)}`, { cause });
    }
  }

  private constructor(options: JetStreamBusOptions, connection: NatsConnection, manager: JetStreamManager) {
    this.#options = options;
    this.#connection = connection;
    const timeoutMs = options.settings.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.#client = jetstream(connection, { timeout: timeoutMs });
    this.#manager = manager;
    this.#publisher = new Publisher({
      client: this.#client,
      manager,
      names: namesOf(options.settings),
      headInStore: options.headInStore,
      maxBytes: () =>
        Math.min((connection.info?.max_payload ?? MAX_MESSAGE_BYTES) - ENVELOPE_BYTES, MAX_MESSAGE_BYTES),
      timeoutMs,
    });
  }

  publish(batch: RecordBatch): Promise<Acknowledgement> {
    return this.#publisher.publish(batch);
  }

  head(logId: string): Promise<LogHead | undefined> {
    return this.#publisher.head(logId);
  }

  async consume(handler: RecordHandler, signal: AbortSignal): Promise<void> {
    const { onTrouble, settings } = this.#options;
    while (!signal.aborted) {
      const intake = new Intake({
        client: this.#client,
        manager: this.#manager,
        names: namesOf(settings),
        handler,
        signal,
        onTrouble,
        headInStore: this.#options.headInStore,
        onSetAside: this.#options.onSetAside,
        onHeadChanged: (logId) => this.#publisher.forget(logId),
        clearEveryMs: this.#options.clearEveryMs ?? CLEAR_EVERY_MS,
        retryMs: this.#options.retryMs ?? RETRY_MS,
        gapPatienceMs: this.#options.gapPatienceMs ?? GAP_PATIENCE_MS,
        ackWaitMs: settings.ackWaitMs ?? DEFAULT_ACK_WAIT_MS,
        elapsedMs: this.#options.elapsedMs,
      });
      try {
        await intake.run();
        if (!signal.aborted) throw new Error("the consumer has ended");
      } catch (cause) {
        if (signal.aborted || this.#connection.isClosed()) return;
        onTrouble({ kind: "interrupted", logId: "", reason: "records cannot be taken in", cause });
        await sleep(REOPEN_MS, undefined, { signal }).catch(() => undefined);
        await this.#ensureStreams();
      }
    }
  }

  /** The streams may be what was lost. Never rejects: where they cannot be made, those that are there may do. */
  async #ensureStreams(): Promise<void> {
    try {
      await ensureStreams(this.#manager, this.#options.settings);
    } catch (cause) {
      const reason = "the streams cannot be made again";
      this.#options.onTrouble({ kind: "interrupted", logId: "", reason, cause });
    }
  }

  async lag(): Promise<number> {
    try {
      const { num_pending, num_ack_pending } = await this.#manager.consumers.info(
        namesOf(this.#options.settings).stream,
        CONSUMER,
      );
      return num_pending + num_ack_pending;
    } catch (cause) {
      throw new BusError("BUS_UNAVAILABLE", `NATS does not answer: ${messageOf(cause)}`, { cause });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection.close();
  }
}
