import { setTimeout as sleep } from "node:timers/promises";
import type { JsMsg } from "@nats-io/jetstream";
import { KeyedTurns, RecentMap } from "@pratique/core";
import type { Acknowledgement, RecordHandler } from "../record-bus.ts";
import { CONSUMER } from "./ensure-streams.ts";
import { LogQueue } from "./log-queue.ts";
import { logIdOf, readBatch, readHead } from "./message.ts";
import { SetAside, type SetAsideOptions, type WhySetAside } from "./set-aside.ts";

/** What went wrong while records were taken in, for people; they come again. */
export interface BusTrouble {
  readonly kind: "failed" | "interrupted";
  /** Empty where it is not about a batch. */
  readonly logId: string;
  readonly reason: string;
  readonly cause?: unknown;
}

export interface IntakeOptions extends SetAsideOptions {
  readonly handler: RecordHandler;
  readonly signal: AbortSignal;
  readonly onTrouble: (trouble: BusTrouble) => void;
  /** How often what has been taken in is cleared away. */
  readonly clearEveryMs: number;
  /** The first wait before a batch that failed comes again, in milliseconds; each is twice the one before. */
  readonly retryMs: number;
  /** How long a log may stand still for want of records, until what has come of it is set aside, in milliseconds. */
  readonly gapPatienceMs: number;
  /** After this time a message that was taken and not answered comes again, in milliseconds. */
  readonly ackWaitMs: number;
  /** Milliseconds of a clock that never turns back. */
  readonly elapsedMs: () => number;
}

/** As many are handled at once: of other logs side by side, of one log in order. */
const AT_ONCE = 256;
/** How long one asks for messages. Half of it without a heartbeat, twice, and the member that was asked counts as gone. */
const ASKED_MS = 5_000;
const MAX_RETRY_MS = 10_000;
/** A batch that fails so often while others are taken in is the cause itself. */
const POISON_FAILURES = 10;
const MAX_REMEMBERED = 10_000;

/** How a batch fared that failed here. */
interface Failures {
  readonly times: number;
  /** How often others had been taken in since the time before. */
  readonly amidOthers: number;
  /** How many others had been taken in then. */
  readonly storedThen: number;
}

/** Takes messages out of the stream, one connection's worth of them. */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #turns = new KeyedTurns();
  /** By subject: what is here of each log. */
  readonly #queues = new Map<string, LogQueue>();
  /** Nothing that comes is handled any more. */
  readonly #ended = new AbortController();
  /** By subject: everything before this place is in the store. */
  readonly #clearable = new Map<string, number>();
  /** By place in the stream. What another server takes in after it failed here is forgotten in time. */
  readonly #failures = new RecentMap<number, Failures>(MAX_REMEMBERED);
  readonly #setAside: SetAside;
  #stored = 0;

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#setAside = new SetAside(options);
  }

  /** Runs until the signal comes, or the consumer is lost. */
  async run(): Promise<void> {
    const { client, names, signal } = this.#options;
    const consumer = await client.consumers.get(names.stream, CONSUMER);
    const messages = await consumer.consume({
      max_messages: AT_ONCE,
      expires: ASKED_MS,
      abort_on_missing_resource: true,
    });
    const stop = () => {
      this.#ended.abort();
      void messages.close();
    };
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    const clearing = this.#clearForever();
    try {
      for await (const message of messages) {
        this.#take(message);
      }
    } finally {
      signal.removeEventListener("abort", stop);
      this.#ended.abort();
      await Promise.all([this.#turns.idle(), clearing]);
    }
  }

  #take(message: JsMsg): void {
    const { subject } = message;
    const known = this.#queues.get(subject);
    if (known !== undefined) {
      known.add(message);
      return;
    }
    const { gapPatienceMs: patienceMs, elapsedMs, ackWaitMs } = this.#options;
    const queue = new LogQueue({ patienceMs, elapsedMs, ackWaitMs });
    queue.add(message);
    this.#queues.set(subject, queue);
    void this.#turns.take(subject, () => this.#handleAll(subject, queue));
  }

  /** Handles what comes of a log, one after the other, until nothing more of it is here. Never rejects. */
  async #handleAll(subject: string, queue: LogQueue): Promise<void> {
    for (let message = queue.take(); message !== undefined; message = queue.take()) {
      const waitMs = await this.#handleOrTell(message, queue);
      // It stays here: were it sent back, all behind it would be as well, and come again in another order.
      if (waitMs !== undefined) await queue.putBack(message, waitMs, this.#ended.signal);
    }
    this.#queues.delete(subject);
  }

  /** Gives how long it is to wait here, in milliseconds; undefined where it is done with. Never rejects. */
  async #handleOrTell(message: JsMsg, queue: LogQueue): Promise<number | undefined> {
    try {
      return await this.#handle(message, queue);
    } catch (cause) {
      // It was not acknowledged, and so comes again.
      this.#tell(message, "failed", "a batch could not be handled", cause);
      return undefined;
    }
  }

  async #handle(message: JsMsg, queue: LogQueue): Promise<number | undefined> {
    if (this.#ended.signal.aborted) return void message.nak();
    const batch = readBatch(message.string());
    if (batch === undefined || batch.logId !== logIdOf(message)) {
      const reason = "it is no batch of records";
      // Where it has the headers of one, those behind it have nothing to follow.
      const isOurs = message.headers !== undefined && readHead(message.headers) !== undefined;
      return void (await (isOurs
        ? this.#setLogAside(message, queue, { reason })
        : this.#setAside.one(message, reason)));
    }
    let answer: Acknowledgement;
    try {
      answer = await this.#options.handler(batch);
    } catch (cause) {
      return void (await this.#failed(message, queue, cause));
    }
    switch (answer.kind) {
      case "stored":
        return this.#takenIn(message, queue);
      case "gap":
        return await this.#missing(message, queue, answer.acknowledged);
      case "forked":
        return void (await this.#setLogAside(message, queue, {
          reason: "it contradicts the records that are held",
        }));
    }
  }

  /** What is before it is in another server's hands, or waits to come again; or the store has lost it. */
  async #missing(message: JsMsg, queue: LogQueue, acknowledged: number): Promise<number | undefined> {
    const waitMs = queue.standstill.hear(acknowledged);
    if (waitMs === undefined) {
      await this.#setLogAside(message, queue, { reason: "records before it are missing" });
    }
    return waitMs;
  }

  async #setLogAside(message: JsMsg, queue: LogQueue, why: WhySetAside): Promise<void> {
    queue.dropUpTo(await this.#setAside.log(message, why));
    queue.standstill.forget();
  }

  #takenIn(message: JsMsg, queue: LogQueue): undefined {
    message.ack();
    this.#stored += 1;
    this.#failures.delete(message.seq);
    queue.standstill.forget();
    this.#clearable.set(message.subject, message.seq);
  }

  async #failed(message: JsMsg, queue: LogQueue, cause: unknown): Promise<void> {
    // How far the log is cannot be told meanwhile.
    queue.standstill.forget();
    const before = this.#failures.get(message.seq) ?? { times: 0, amidOthers: 0, storedThen: this.#stored };
    const times = before.times + 1;
    // While nothing else is taken in either, it is not the batch that is at fault.
    const amidOthers = before.amidOthers + (this.#stored > before.storedThen ? 1 : 0);
    this.#failures.set(message.seq, { times, amidOthers, storedThen: this.#stored });
    if (amidOthers >= POISON_FAILURES) {
      await this.#setLogAside(message, queue, { reason: "it fails again and again", cause });
      this.#failures.delete(message.seq);
      return;
    }
    this.#tell(message, "failed", "a batch could not be taken in; it comes again", cause);
    message.nak(Math.min(this.#options.retryMs * 2 ** Math.min(times - 1, 20), MAX_RETRY_MS));
  }

  /** Never rejects. */
  async #clearForever(): Promise<void> {
    const { clearEveryMs, onTrouble } = this.#options;
    const { signal } = this.#ended;
    for (;;) {
      await sleep(clearEveryMs, undefined, { signal, ref: false }).catch(() => undefined);
      if (signal.aborted) return;
      try {
        await this.#clear();
      } catch (cause) {
        onTrouble({ kind: "interrupted", logId: "", reason: "what is stored cannot be cleared away", cause });
      }
    }
  }

  /** The last message of each log stays: it says where the log stands. */
  async #clear(): Promise<void> {
    const { manager, names } = this.#options;
    const clearable = [...this.#clearable];
    for (const [filter, seq] of clearable) {
      await manager.streams.purge(names.stream, { filter, seq });
      // More of the log may have been stored meanwhile.
      if (this.#clearable.get(filter) === seq) this.#clearable.delete(filter);
    }
  }

  #tell(message: JsMsg, kind: BusTrouble["kind"], reason: string, cause?: unknown): void {
    this.#options.onTrouble({ kind, logId: logIdOf(message), reason, ...(cause !== undefined && { cause }) });
  }
}
