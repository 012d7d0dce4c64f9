import { readAuditEntries } from "@pratique/api";
import { parseTilePath, TILE_WIDTH } from "@pratique/audit";
import type { CallEntry } from "../calls/call-record.ts";
import type { Part } from "../calls/part-reads.ts";

/** Which entries of the log a read of a bundle was of; undefined for every other call, and for one that was refused. */
export function entryPartOf({ action, stage, outcome, data }: CallEntry): Part | undefined {
  if (action !== readAuditEntries.id || stage !== "fact" || outcome !== null) return undefined;
  const name = typeof data.bundle === "string" ? parseTilePath(`tile/entries/${data.bundle}`) : undefined;
  if (name === undefined) return undefined;
  const from = name.index * TILE_WIDTH;
  const to = from + name.width - 1;
  return Number.isSafeInteger(to) ? { from, to } : undefined;
}
