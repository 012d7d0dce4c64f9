import { BusError } from "./errors.ts";
import type {
  Acknowledgement,
  HeadInStore,
  LogHead,
  RecordBatch,
  RecordBus,
  RecordHandler,
} from "./record-bus.ts";

/** Carries records inside one process: a batch is acknowledged when the handler has it. Nothing is ever on its way. */
export class EmbeddedBus implements RecordBus {
  readonly #headInStore: HeadInStore;
  #handler: RecordHandler | undefined;

  constructor(headInStore: HeadInStore) {
    this.#headInStore = headInStore;
  }

  /** Rejects with `BUS_CLOSED` while nobody consumes. */
  async publish(batch: RecordBatch): Promise<Acknowledgement> {
    if (this.#handler === undefined) throw new BusError("BUS_CLOSED", "nobody takes records in");
    return await this.#handler(batch);
  }

  head(logId: string): Promise<LogHead | undefined> {
    return this.#headInStore(logId);
  }

  async consume(handler: RecordHandler, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const ended = Promise.withResolvers<void>();
    this.#handler = handler;
    signal.addEventListener("abort", () => ended.resolve(), { once: true });
    await ended.promise;
    this.#handler = undefined;
  }

  async lag(): Promise<number> {
    return 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#handler = undefined;
  }
}
