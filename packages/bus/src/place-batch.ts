import type { AuditRecord } from "@pratique/core";
import type { LogHead } from "./record-bus.ts";

/** Where a batch belongs, seen from the head of its log. */
export type Placed =
  | { readonly kind: "gap" | "forked" }
  /** It ends before the head, which therefore does not tell whether it is the same as what is held. */
  | { readonly kind: "older" }
  /** It goes on from the head: `fresh` is what is new in it, empty where all of it is held. */
  | { readonly kind: "fits"; readonly fresh: readonly AuditRecord[] };

/** The head of a log of which nothing is held. */
export const NO_RECORDS: Omit<LogHead, "host"> = { acknowledged: 0, lastHash: "0".repeat(64) };

/** Compares a batch with the head of its log, by the rules of the store. */
export function placeBatch(records: readonly AuditRecord[], head: Omit<LogHead, "host">): Placed {
  const fault = faultInside(records);
  if (fault !== undefined) return { kind: fault };
  const [first, last] = [records.at(0), records.at(-1)];
  if (first === undefined || last === undefined) return { kind: "fits", fresh: [] };
  if (first.sequence > head.acknowledged + 1) return { kind: "gap" };
  if (last.sequence < head.acknowledged) return { kind: "older" };
  // Hashes are chained: who has the same at the head has the same before it.
  const before =
    first.sequence === head.acknowledged + 1
      ? first.previousHash
      : records.find(({ sequence }) => sequence === head.acknowledged)?.hash;
  if (before !== head.lastHash) return { kind: "forked" };
  return { kind: "fits", fresh: records.filter(({ sequence }) => sequence > head.acknowledged) };
}

function faultInside(records: readonly AuditRecord[]): "gap" | "forked" | undefined {
  let before: AuditRecord | undefined;
  for (const record of records) {
    if (before !== undefined && record.sequence !== before.sequence + 1) return "gap";
    if (before !== undefined && record.previousHash !== before.hash) return "forked";
    before = record;
  }
  return undefined;
}
