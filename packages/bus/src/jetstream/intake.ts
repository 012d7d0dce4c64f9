import { setTimeout as sleep } from "node:timers/promises";
import type { JsMsg } from "@nats-io/jetstream";
import { KeyedTurns, RecentMap } from "@pratique/core";
import type { Acknowledgement, RecordHandler } from "../record-bus.ts";
import { CONSUMER } from "./ensure-streams.ts";
import { LogQueue } from "./log-queue.ts";
import { logIdOf, readBatch, readHead } from "./message.ts";
import { SetAside, type SetAsideOptions, type WhySetAside } from "./set-aside.ts";

/** Something went wrong while records were taken in. None is lost by it: they come again. */
export interface BusTrouble {
  readonly kind: "failed" | "interrupted";
  /** The log of the batch that it is about; empty where it is about none. */
  readonly logId: string;
  readonly reason: string;
  readonly cause?: unknown;
}

export interface IntakeOptions extends SetAsideOptions {
  readonly handler: RecordHandler;
  readonly signal: AbortSignal;
  readonly onTrouble: (trouble: BusTrouble) => void;
  /** How often what has been taken in is cleared away, in milliseconds. */
  readonly clearEveryMs: number;
  /** The first wait before a batch that failed comes again, in milliseconds; each is twice the one before. */
  readonly retryMs: number;
  /** How long a log may lack records before what has come of it is set aside, in milliseconds. */
  readonly gapPatienceMs: number;
  /** After this time NATS gives out again a message that was taken and not acknowledged, in milliseconds. */
  readonly ackWaitMs: number;
  /** Milliseconds of a clock that never turns back. */
  readonly elapsedMs: () => number;
}

/** How many messages are held here at once. Those of different logs are handled side by side, those of one log in order. */
const AT_ONCE = 256;
/** How long one request for messages stands. A heartbeat is due twice in that time; after two missed ones it is made anew. */
const ASKED_MS = 5_000;
const MAX_RETRY_MS = 10_000;
/** A batch that has failed this often, each time while others were taken in, is itself at fault. */
const POISON_FAILURES = 10;
const MAX_REMEMBERED = 10_000;
/** Of the first message that a stream ever had. */
const FIRST_PLACE = 1;

/** How often a batch has failed here. */
interface Failures {
  readonly times: number;
  /** How many of these times others had been taken in since the time before. */
  readonly amidOthers: number;
  /** How many had been taken in at the last of these times. */
  readonly storedThen: number;
}

/** Takes messages out of the stream and gives them to the handler, from one consumer until that is lost. */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #turns = new KeyedTurns();
  /** By subject: the messages of each log that are here. */
  readonly #queues = new Map<string, LogQueue>();
  /** Aborted once nothing that still comes is to be handled. */
  readonly #ended = new AbortController();
  /** By subject: the place in the stream before which all of the log is in the store. */
  readonly #clearable = new Map<string, number>();
  /** By place in the stream. It is bounded, since another server may take in what failed here. */
  readonly #failures = new RecentMap<number, Failures>(MAX_REMEMBERED);
  readonly #setAside: SetAside;
  /** How many batches were taken in here. */
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

  /** Handles the messages of a log, one after the other, until none is left here. Never rejects. */
  async #handleAll(subject: string, queue: LogQueue): Promise<void> {
    for (let message = queue.take(); message !== undefined; message = queue.take()) {
      const waitMs = await this.#handleOrTell(message, queue);
      // It waits here: if it were sent back, so would be all that follow it, and they would come again in another order.
      if (waitMs !== undefined) await queue.putBack(message, waitMs, this.#ended.signal);
    }
    this.#queues.delete(subject);
  }

  /** As {@link #handle}, and tells what that rejects with. Never rejects. */
  async #handleOrTell(message: JsMsg, queue: LogQueue): Promise<number | undefined> {
    try {
      return await this.#handle(message, queue);
    } catch (cause) {
      // It was not acknowledged, so it comes again.
      this.#tell(message, "failed", "a batch could not be handled", cause);
      return undefined;
    }
  }

  /** Gives how long the message is to wait here before it is handled again, in milliseconds; undefined once it is done with. */
  async #handle(message: JsMsg, queue: LogQueue): Promise<number | undefined> {
    if (this.#ended.signal.aborted) return void message.nak();
    const batch = readBatch(message.string());
    if (batch === undefined || batch.logId !== logIdOf(message)) {
      return void (await this.#setUnreadableAside(message, queue));
    }
    let answer: Acknowledgement;
    try {
      answer = await this.#options.handler(batch);
    } catch (cause) {
      return void (await this.#failed(message, queue, cause));
    }
    switch (answer.kind) {
      case "stored":
        return void this.#takenIn(message, queue);
      case "gap":
        return await this.#missing(message, queue, answer.acknowledged);
      case "forked": {
        const reason = "it contradicts the records that are held";
        return void (await this.#setLogAside(message, queue, { reason }));
      }
    }
  }

  async #setUnreadableAside(message: JsMsg, queue: LogQueue): Promise<void> {
    const reason = "it is no batch of records";
    const isOurs = message.headers !== undefined && readHead(message.headers) !== undefined;
    // One that was published as a batch has others behind it, which would have nothing to follow.
    if (isOurs) await this.#setLogAside(message, queue, { reason });
    else await this.#setAside.one(message, reason);
  }

  /** The records before it are in another server's hands, or wait to come again, or the store has lost them. */
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

  #takenIn(message: JsMsg, queue: LogQueue): void {
    message.ack();
    this.#stored += 1;
    this.#failures.delete(message.seq);
    queue.standstill.forget();
    this.#clearable.set(message.subject, message.seq);
  }

  async #failed(message: JsMsg, queue: LogQueue, cause: unknown): Promise<void> {
    // Until the handler answers again, it cannot be told how far the log has come.
    queue.standstill.forget();
    const before = this.#failures.get(message.seq) ?? { times: 0, amidOthers: 0, storedThen: this.#stored };
    const times = before.times + 1;
    // While nothing else is taken in either, the batch is not to blame.
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
      // Nothing lies before the first place, which NATS takes for no bound: it would remove what nobody has read yet.
      if (seq > FIRST_PLACE) await manager.streams.purge(names.stream, { filter, seq });
      // More of the log may have been stored meanwhile.
      if (this.#clearable.get(filter) === seq) this.#clearable.delete(filter);
    }
  }

  #tell(message: JsMsg, kind: BusTrouble["kind"], reason: string, cause?: unknown): void {
    this.#options.onTrouble({ kind, logId: logIdOf(message), reason, ...(cause !== undefined && { cause }) });
  }
}
