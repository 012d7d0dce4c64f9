import { createHash } from "node:crypto";
import type { AuditRecord } from "@pratique/core";

/** Records of a log as a host would send them: `from` to `to`, chained. Another `branch` contradicts from its start. */
export function chain(from: number, to: number, branch = ""): readonly AuditRecord[] {
  const records: AuditRecord[] = [];
  for (let sequence = from; sequence <= to; sequence += 1) {
    records.push({
      sequence,
      time: "2026-11-25T04:00:00.000Z",
      class: "verdict",
      action: "launch.allowed",
      actor: "uid:0",
      data: { sequence },
      previousHash: hashOf(sequence - 1, branch),
      hash: hashOf(sequence, branch),
    });
  }
  return records;
}

export function hashOf(sequence: number, branch = ""): string {
  return sequence === 0 ? "0".repeat(64) : createHash("sha256").update(`${branch}${sequence}`).digest("hex");
}
