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

/** The port to where records end up: what is held there of a log; undefined where nothing is. */
export type HeadInStore = (logId: string) => Promise<LogHead | undefined>;

/**
 * Takes a batch in. It must take one that it has already, whole or in part, and must answer `gap` where records are
 * missing before it: batches may come twice, and those of one log in another order. Rejects where it cannot now.
 */
export type RecordHandler = (batch: RecordBatch) => Promise<Acknowledgement>;

/**
 * Carries records of hosts from the servers that agents talk to, to whoever takes them in. Errors are BusErrors, and
 * those of the handler where it is in the same process.
 */
export interface RecordBus extends AsyncDisposable {
  /** Takes a batch, whole or not at all. When it resolves with `stored`, the records survive a killed process. */
  publish(batch: RecordBatch): Promise<Acknowledgement>;
  /** How far a log has come, on its way or there already; undefined where nothing of it was heard. */
  head(logId: string): Promise<LogHead | undefined>;
  /** Gives each batch to the handler, at least once; resolves when the signal comes. One at a time. */
  consume(handler: RecordHandler, signal: AbortSignal): Promise<void>;
  /** How many batches are on their way. */
  lag(): Promise<number>;
}
