import { backoffMs, type DeliveryRetry, defaultRetry } from "../delivery.ts";
import { NotifyError } from "../errors.ts";
import { classifyFailure } from "../failure.ts";
import type { CursorStore, ExportLine, ExportSink, ExportSource } from "./export-sink.ts";

const DEFAULT_MAX_LINES = 500;
const DEFAULT_MAX_BYTES = 1024 * 1024;
const DEFAULT_DEADLINE_MS = 60_000;
const DEFAULT_IDLE_MS = 1000;

/** What an exporter needs from outside. */
export interface ExporterOptions {
  /** Names the cursor. */
  readonly name: string;
  readonly sink: ExportSink;
  readonly source: ExportSource;
  readonly cursors: CursorStore;
  readonly now: () => number;
  readonly random: () => number;
  /** Waits, and rejects when the signal fires. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<unknown>;
  /** Lines in one batch. */
  readonly maxLines?: number;
  /** Bytes of text in one batch; a single longer line is sent alone. */
  readonly maxBytes?: number;
  /** For one batch. */
  readonly deadlineMs?: number;
  /** Between two looks for new lines. */
  readonly idleMs?: number;
  readonly retry?: Partial<DeliveryRetry>;
}

/** How far behind an export is. */
export interface ExportLag {
  /** The last sequence number that the receiver has accepted. */
  readonly cursor: number;
  /** Lines that it has not accepted. */
  readonly entries: number;
  /** The age of the oldest of them. */
  readonly seconds: number;
  /** Batches that failed since the last that was accepted. */
  readonly failures: number;
  readonly lastError: { readonly code: string; readonly message: string; readonly atMs: number } | undefined;
}

/**
 * Brings a log to a receiver, in order, each line at least once: the cursor moves when the receiver has
 * accepted, never before. It gives up on no line: it waits, and its lag tells.
 */
export class Exporter {
  readonly #options: ExporterOptions;
  readonly #retry: DeliveryRetry;
  #cursor: number | undefined;
  #failures = 0;
  #lastError: ExportLag["lastError"];

  constructor(options: ExporterOptions) {
    this.#options = options;
    this.#retry = { ...defaultRetry, ...options.retry };
  }

  /** Brings one batch. Resolves with the lines that were accepted, 0 for none; rejects with a `NotifyError`. */
  async step(signal: AbortSignal): Promise<number> {
    const { name, sink, source, cursors, maxLines = DEFAULT_MAX_LINES, now } = this.#options;
    const deadline = AbortSignal.timeout(this.#options.deadlineMs ?? DEFAULT_DEADLINE_MS);
    const either = AbortSignal.any([signal, deadline]);
    try {
      const cursor = await this.#position();
      const lines = await source.read(cursor, maxLines);
      checkOrder(cursor, lines);
      const batch = firstBytes(lines, this.#options.maxBytes ?? DEFAULT_MAX_BYTES);
      const last = batch.at(-1);
      if (last === undefined) return 0;
      await sink.send(batch, either);
      await cursors.saveCursor(name, last.sequence);
      this.#cursor = last.sequence;
      this.#failures = 0;
      this.#lastError = undefined;
      return batch.length;
    } catch (thrown) {
      const error = classifyFailure(thrown, name, either);
      if (error.code !== "ABORTED") {
        this.#failures += 1;
        this.#lastError = { code: error.code, message: error.message, atMs: now() };
      }
      throw error;
    }
  }

  /** Works until the signal fires. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const delayMs = await this.step(signal).then(
        (accepted) => (accepted > 0 ? 0 : (this.#options.idleMs ?? DEFAULT_IDLE_MS)),
        (error: unknown) => this.#delayAfter(error),
      );
      // Rejects when all is to end.
      if (delayMs > 0) await this.#options.sleep(delayMs, signal).catch(() => undefined);
    }
  }

  async lag(): Promise<ExportLag> {
    const { source, now } = this.#options;
    const cursor = await this.#position();
    const [oldest] = await source.read(cursor, 1);
    const head = await source.head();
    return {
      cursor,
      entries: Math.max(0, head - cursor),
      seconds: oldest === undefined ? 0 : Math.max(0, (now() - oldest.timeMs) / 1000),
      failures: this.#failures,
      lastError: this.#lastError,
    };
  }

  async #position(): Promise<number> {
    this.#cursor ??= await this.#options.cursors.loadCursor(this.#options.name);
    return this.#cursor;
  }

  #delayAfter(thrown: unknown): number {
    const error = thrown instanceof NotifyError ? thrown : undefined;
    return backoffMs(this.#retry, Math.max(1, this.#failures), { error, random: this.#options.random });
  }
}

/** A source that gives lines twice, or in another order, would make the cursor lie. */
function checkOrder(cursor: number, lines: readonly ExportLine[]): void {
  let last = cursor;
  for (const { sequence } of lines) {
    if (!Number.isSafeInteger(sequence) || sequence <= last) {
      throw new NotifyError("EXPORT_OUT_OF_ORDER", `expected a line after ${last}, found ${sequence}`);
    }
    last = sequence;
  }
}

function firstBytes(lines: readonly ExportLine[], maxBytes: number): readonly ExportLine[] {
  let total = 0;
  const end = lines.findIndex(({ text }, index) => {
    total += Buffer.byteLength(text);
    return total > maxBytes && index > 0;
  });
  return end === -1 ? lines : lines.slice(0, end);
}
