import type { JsMsg } from "@nats-io/jetstream";
import { KeyedTurns, RecentMap } from "@pratique/core";
import type { RecordHandler } from "../record-bus.ts";
import { CONSUMER } from "./ensure-streams.ts";
import { logIdOf, readBatch, readHead } from "./message.ts";
import { SetAside, type SetAsideOptions } from "./set-aside.ts";

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
  /** The first wait before a batch comes again, in milliseconds; each is twice the one before. */
  readonly retryMs: number;
  /** How often the handler may say that records before a batch are missing, until it is set aside. */
  readonly gapDeliveries: number;
}

/** As many are handled at once: of other logs side by side, of one log in order. */
const AT_ONCE = 256;
/** How long one asks for messages. Half of it without a heartbeat, twice, and the member that was asked counts as gone. */
const ASKED_MS = 5_000;
const MAX_RETRY_MS = 10_000;
/** A batch that fails so often while others are taken in is the cause itself. */
const POISON_FAILURES = 10;
const MAX_REMEMBERED = 10_000;

/** Takes messages out of the stream, one connection's worth of them. */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #turns = new KeyedTurns();
  /** By subject: everything before this place is in the store. */
  readonly #clearable = new Map<string, number>();
  /** By place in the stream. What another server takes in after it failed here is forgotten in time. */
  readonly #failures = new RecentMap<number, { count: number; storedThen: number }>(MAX_REMEMBERED);
  /** By place in the stream: how often records before it were missing. Failures do not count, however long they last. */
  readonly #gaps = new RecentMap<number, number>(MAX_REMEMBERED);
  readonly #setAside: SetAside;
  #stored = 0;

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#setAside = new SetAside(options);
  }

  /** Runs until the signal comes, or the consumer is lost. */
  async run(): Promise<void> {
    const { client, names, signal, clearEveryMs, onTrouble } = this.#options;
    const consumer = await client.consumers.get(names.stream, CONSUMER);
    const messages = await consumer.consume({
      max_messages: AT_ONCE,
      expires: ASKED_MS,
      abort_on_missing_resource: true,
    });
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
      for await (const message of messages) {
        void this.#turns.take(message.subject, () => this.#handleOrTell(message));
      }
    } finally {
      clearInterval(clearing);
      signal.removeEventListener("abort", stop);
      await this.#turns.idle();
    }
  }

  /** Never rejects. */
  async #handleOrTell(message: JsMsg): Promise<void> {
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
      const reason = "it is no batch of records";
      // Where it has the headers of one, those behind it have nothing to follow.
      const isOurs = message.headers !== undefined && readHead(message.headers) !== undefined;
      return await (isOurs ? this.#setAside.log(message, { reason }) : this.#setAside.one(message, reason));
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
        return await this.#missing(message);
      case "forked":
        return await this.#setAside.log(message, { reason: "it contradicts the records that are held" });
    }
  }

  /** What is before it is in another server's hands, or waits to come again; or the store has lost it. */
  async #missing(message: JsMsg): Promise<void> {
    const count = (this.#gaps.get(message.seq) ?? 0) + 1;
    this.#gaps.set(message.seq, count);
    if (count < this.#options.gapDeliveries) return message.nak(this.#delayOf(message));
    await this.#setAside.log(message, { reason: "records before it are missing" });
    this.#gaps.delete(message.seq);
  }

  #takenIn(message: JsMsg): void {
    message.ack();
    this.#stored += 1;
    this.#failures.delete(message.seq);
    this.#gaps.delete(message.seq);
    this.#clearable.set(message.subject, message.seq);
  }

  async #failed(message: JsMsg, cause: unknown): Promise<void> {
    const before = this.#failures.get(message.seq) ?? { count: 0, storedThen: this.#stored };
    // While nothing else is taken in either, it is not the batch that is at fault.
    const count = before.count + (this.#stored > before.storedThen ? 1 : 0);
    this.#failures.set(message.seq, { count, storedThen: this.#stored });
    if (count >= POISON_FAILURES) {
      await this.#setAside.log(message, { reason: "it fails again and again", cause });
      this.#failures.delete(message.seq);
      return;
    }
    this.#tell(message, "failed", "a batch could not be taken in; it comes again", cause);
    message.nak(this.#delayOf(message));
  }

  #delayOf({ info }: JsMsg): number {
    return Math.min(this.#options.retryMs * 2 ** Math.min(info.deliveryCount - 1, 20), MAX_RETRY_MS);
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
