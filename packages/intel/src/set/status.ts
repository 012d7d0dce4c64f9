import { resolve } from "node:path";
import { readPointer } from "./pointer.ts";
import type { SourceRecord } from "./source-record.ts";

/** One source and how old it is. */
export interface SourceStatus extends SourceRecord {
  readonly ageMs: number;
  readonly stale: boolean;
}

/** What a directory holds. */
export interface IntelStatus {
  /** Absent where there is no set. */
  readonly revision?: string;
  readonly builtAt?: string;
  readonly indicators: number;
  /** Rows of the kernel's tables. */
  readonly snapshot: { readonly v4: number; readonly v6: number; readonly names: number };
  readonly warningLists: number;
  readonly sources: readonly SourceStatus[];
}

/** From this age on a source is called stale, unless the user says else. */
const DEFAULT_INTEL_STALE_AFTER_MS = 3 * 24 * 60 * 60 * 1000;

/** Tells what a directory holds, and how old each source is. Throws `SET_CORRUPT`. */
export function readIntelStatus(
  directory: string,
  {
    clock,
    staleAfterMs = DEFAULT_INTEL_STALE_AFTER_MS,
  }: { readonly clock: () => Date; readonly staleAfterMs?: number },
): IntelStatus {
  const pointer = readPointer(resolve(directory));
  if (pointer === undefined) {
    return { indicators: 0, snapshot: { v4: 0, v6: 0, names: 0 }, warningLists: 0, sources: [] };
  }
  const now = clock().getTime();
  const { v4, v6, names } = pointer.snapshot;
  return {
    revision: pointer.database.sha256,
    builtAt: pointer.builtAt,
    indicators: pointer.indicators,
    snapshot: { v4, v6, names },
    warningLists: pointer.warningListCount,
    sources: pointer.sources.map((source) => {
      const ageMs = Math.max(0, now - Date.parse(source.readAt));
      return { ...source, ageMs, stale: ageMs > staleAfterMs };
    }),
  };
}
