import type { AuditEvent, AuditRecord } from "@pratique/core";
import { GENESIS, hashOf } from "../hash.ts";

/** The record of an event that follows another; the first of a log, where there is none before. */
export function recordAfter(
  before: Pick<AuditRecord, "sequence" | "hash"> | undefined,
  event: AuditEvent & Pick<AuditRecord, "time">,
): AuditRecord {
  const place = { sequence: (before?.sequence ?? 0) + 1, previousHash: before?.hash ?? GENESIS };
  return { ...event, ...place, hash: hashOf({ ...event, ...place }) };
}
