import type { Transaction } from "kysely";
import type { Schema } from "./schema.ts";

/**
 * `work`: an agent has something to do. `runtime-records`: where detections and responses lie, as `log.first-last`, for
 * whoever tells people of them; `launch-records`: likewise of launches that were refused, or would have been, where
 * launches are not told one by one. Everything else is what people see.
 */
export const changeKinds = [
  "image",
  "newly-affected",
  "launch",
  "host",
  "containers",
  "detection",
  "runtime",
  "policy",
  "exception",
  "approval",
  "access",
  "settings",
  "registry",
  "work",
  "runtime-records",
  "launch-records",
] as const;

export type ChangeKind = (typeof changeKinds)[number];

/** Something that became different, and the id of what it was. */
export interface Change {
  readonly kind: ChangeKind;
  readonly subject: string;
}

/** What a write is given: its transaction, and what tells the feed of a change. */
export type Write<Result> = (
  transaction: Transaction<Schema>,
  changed: (change: Change) => void,
) => Promise<Result>;
