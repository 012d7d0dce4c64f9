import type { JetStreamClient, JetStreamManager, JsMsg } from "@nats-io/jetstream";
import { RecentMap } from "@pratique/core";
import type { RecordHandler } from "../record-bus.ts";
import { CONSUMER, type StreamNames } from "./ensure-streams.ts";
import { readBatch, subjectOf } from "./message.ts";

/** What went wrong with a batch, for people. Batches that were set aside lie in the stream of refused ones. */
export interface BusTrouble {
  readonly kind: "failed" | "set-aside" | "interrupted";
  /** Empty where it is not about a batch. */
  readonly logId: string;
  readonly reason: string;
  readonly cause?: unknown;
}

export interface IntakeOptions {
  readonly client: JetStreamClient;
  readonly manager: JetStreamManager;
  readonly names: StreamNames;
  readonly handler: RecordHandler;
  readonly signal: AbortSignal;
  readonly onTrouble: (trouble: BusTrouble) => void;
  /** A batch was taken out of the stream unstored: the head of its log is another. */
  readonly onSetAside: (logId: string) => void;
  /** How often what has been taken in is cleared away. */
  readonly clearEveryMs: number;
  /** The first wait before a batch comes again, in milliseconds; each is twice the one before. */
  readonly retryMs: number;
  /** How often a batch comes again while records before it are missing. */
  readonly gapDeliveries: number;
}

/** As many are handled at once: of other logs side by side, of one log in order. */
const AT_ONCE = 256;
const MAX_RETRY_MS = 10_000;
/** A batch that fails so often while others are taken in is the cause itself. */
const POISON_FAILURES = 10;
const MAX_FAILURES = 10_000;

/** Takes messages out of the stream, one connection's worth of them. */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #turns = new Map<string, Promise<void>>();
  /** By subject: everything before this place is in the store. */
  readonly #clearable = new Map<string, number>();
  /** By place in the stream. What another server takes in after it failed here is forgotten in time. */
  readonly #failures = new RecentMap<number, { count: number; storedThen: number }>(MAX_FAILURES);
  #stored = 0;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** Runs until the signal comes, or the consumer is lost. */
  async run(): Promise<void> {
    const { client, names, signal, clearEveryMs, onTrouble } = this.#options;
    const consumer = await client.consumers.get(names.stream, CONSUMER);
    const messages = await consumer.consume({ max_messages: AT_ONCE, abort_on_missing_resource: true });
    const stop = () => void messages.close();
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    const clearing = setInterval(() => {
      this.#clear().catch((cause: unknown) => {
        onTrouble({ kind: "interrupted", logId: "", reason: "what is stored cannot be cleared away", cause });
      });
    }, clearEveryMs);
    clearing.unref();
    try {
      for await (const message of messages) this.#inTurn(message);
    } finally {
      clearInterval(clearing);
      signal.removeEventListener("abort", stop);
      await Promise.all(this.#turns.values());
    }
  }

  #inTurn(message: JsMsg): void {
    const { subject } = message;
    const before = this.#turns.get(subject) ?? Promise.resolve();
    const turn = this.#handleAfter(before, message).finally(() => {
      if (this.#turns.get(subject) === turn) this.#turns.delete(subject);
    });
    this.#turns.set(subject, turn);
  }

  async #handleAfter(before: Promise<void>, message: JsMsg): Promise<void> {
    await before;
    try {
      await this.#handle(message);
    } catch (cause) {
      // It was not acknowledged, and so comes again.
      this.#tell(message, "failed", "a batch could not be handled", cause);
    }
  }

  async #handle(message: JsMsg): Promise<void> {
    const { handler, signal } = this.#options;
    if (signal.aborted) return message.nak();
    const batch = readBatch(message.string());
    if (batch === undefined || batch.logId !== logIdOf(message)) {
      return await this.#setAside(message, "it is no batch of records");
    }
    let kind: "stored" | "gap" | "forked";
    try {
      ({ kind } = await handler(batch));
    } catch (cause) {
      return await this.#failed(message, cause);
    }
    switch (kind) {
      case "stored":
        return this.#takenIn(message);
      case "gap":
        // What is before it is in another server's hands; or lost, when the store was brought back from a backup.
        if (message.info.deliveryCount < this.#options.gapDeliveries)
          return message.nak(this.#delayOf(message));
        return await this.#setAside(message, "records before it are missing");
      case "forked":
        return await this.#setAside(message, "it contradicts the records that are held");
    }
  }

  #takenIn(message: JsMsg): void {
    message.ack();
    this.#stored += 1;
    this.#failures.delete(message.seq);
    this.#clearable.set(message.subject, message.seq);
  }

  async #failed(message: JsMsg, cause: unknown): Promise<void> {
    const before = this.#failures.get(message.seq) ?? { count: 0, storedThen: this.#stored };
    // While nothing else is taken in either, it is not the batch that is at fault.
    const count = before.count + (this.#stored > before.storedThen ? 1 : 0);
    this.#failures.set(message.seq, { count, storedThen: this.#stored });
    if (count >= POISON_FAILURES) return await this.#setAside(message, "it fails again and again", cause);
    this.#tell(message, "failed", "a batch could not be taken in; it comes again", cause);
    message.nak(this.#delayOf(message));
  }

  #delayOf({ info }: JsMsg): number {
    return Math.min(this.#options.retryMs * 2 ** Math.min(info.deliveryCount - 1, 20), MAX_RETRY_MS);
  }

  /**
   * Keeps a copy, and forgets the log up to there: its head is what the store holds then, and its host sends again what
   * comes after that.
   */
  async #setAside(message: JsMsg, reason: string, cause?: unknown): Promise<void> {
    const { client, manager, names, onSetAside } = this.#options;
    const logId = logIdOf(message);
    await client.publish(subjectOf(names.refusedSubject, logId), message.data, {
      msgID: `${names.stream}.${message.seq}`,
    });
    message.term(reason);
    this.#failures.delete(message.seq);
    await manager.streams.purge(names.stream, { filter: message.subject, seq: message.seq + 1 });
    onSetAside(logId);
    this.#tell(message, "set-aside", reason, cause);
  }

  /** The last message of each log stays: it says where the log stands. */
  async #clear(): Promise<void> {
    const { manager, names } = this.#options;
    const clearable = [...this.#clearable];
    this.#clearable.clear();
    for (const [filter, seq] of clearable) await manager.streams.purge(names.stream, { filter, seq });
  }

  #tell(message: JsMsg, kind: BusTrouble["kind"], reason: string, cause?: unknown): void {
    this.#options.onTrouble({ kind, logId: logIdOf(message), reason, ...(cause !== undefined && { cause }) });
  }
}

function logIdOf({ subject }: JsMsg): string {
  return subject.slice(subject.lastIndexOf(".") + 1);
}
