import type { QueryTime } from "./query-time.ts";

/** What is asked of a thread that reads. */
export interface ReadRequest {
  readonly id: number;
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/** What a thread that reads is started with. `closing` is shared with it, and one when no answer is wanted any more. */
export interface ReaderSettings {
  readonly file: string;
  readonly closing: Int32Array<SharedArrayBuffer>;
}

/** Said to a thread that reads when nothing will be asked of it any more. It ends then. */
export const CLOSE = "close";

/** Rows are lists in the order of `columns`: names are not copied for each of them. */
export type ReadReply =
  | {
      readonly id: number;
      readonly columns: readonly string[];
      readonly rows: readonly (readonly unknown[])[];
      readonly took: QueryTime;
    }
  | { readonly id: number; readonly message: string; readonly errcode: number | undefined };

/**
 * The one thing that a reader does besides reading (https://www.sqlite.org/pragma.html#pragma_wal_checkpoint). `passive`
 * carries over what it can while others write; after `restart`, for which nobody may write, the log begins anew.
 */
export const checkpoints = {
  passive: "pragma wal_checkpoint(passive)",
  restart: "pragma wal_checkpoint(restart)",
} as const;

export type Checkpoint = keyof typeof checkpoints;

export function isCheckpoint(sql: string): boolean {
  return Object.values<string>(checkpoints).includes(sql);
}
