import type { AuditRecord } from "@pratique/core";

/** Records of one log, in the order of their sequences. */
export interface RecordBatch {
  /** Letters, digits, `-` and `_`; at most 64. */
  readonly logId: string;
  readonly host: string;
  readonly records: readonly AuditRecord[];
}

/**
 * What became of a batch. `acknowledged` is the last sequence that will not be lost any more.
 * `gap`: records are missing before the batch or inside it. `forked`: the batch contradicts what is held.
 */
export interface Acknowledgement {
  readonly kind: "stored" | "gap" | "forked";
  readonly acknowledged: number;
}

/** How far a log has come. */
export interface LogHead {
  /** The last sequence; 0 where nothing is held. */
  readonly acknowledged: number;
  /** The hash of that record; 64 zeros where nothing is held. */
  readonly lastHash: string;
  /** Who writes the log. */
  readonly host: string;
}

/** Asks the store, where records end up, how far it holds a log; undefined where it holds nothing of it. */
export type HeadInStore = (logId: string) => Promise<LogHead | undefined>;

/**
 * Stores a batch. Batches may come twice, and those of one log in another order: it must accept one that it holds already,
 * whole or in part, and must answer `gap` where records are missing before it. Rejects where the batch is to come again.
 */
export type RecordHandler = (batch: RecordBatch) => Promise<Acknowledgement>;

/**
 * Carries records of hosts from the servers that agents talk to, to the one that stores them. Rejects with BusErrors, and
 * with those of the handler where that is in the same process.
 */
export interface RecordBus extends AsyncDisposable {
  /** Takes a batch, whole or not at all. When it resolves with `stored`, the records survive a killed process. */
  publish(batch: RecordBatch): Promise<Acknowledgement>;
  /** How far a log has come, whether stored or still on its way; undefined where nothing of it has come. */
  head(logId: string): Promise<LogHead | undefined>;
  /** Gives each batch to the handler, at least once, until the signal comes; then resolves. To be called once at a time. */
  consume(handler: RecordHandler, signal: AbortSignal): Promise<void>;
  /** How many batches are on their way. */
  lag(): Promise<number>;
}
