import { createHash } from "node:crypto";
import type { AuditRecord } from "@pratique/core";

/** The hash before the first record. */
export const GENESIS = "0".repeat(64);

/** What a record's hash is taken over. `data` is the JSON text as it is stored, byte for byte. */
export interface HashedFields {
  readonly sequence: number;
  readonly time: string;
  readonly class: string;
  readonly action: string;
  readonly actor: string;
  readonly data: string;
  readonly previousHash: string;
}

/**
 * The hash of a record: SHA-256, in lower-case hex, over the UTF-8 bytes of one JSON array without white
 * space. An array of strings and one integer has a single JSON form, so anybody can compute it.
 */
export function hashRecord(fields: HashedFields): string {
  const preimage = JSON.stringify([
    "pratique-audit-record-v1",
    fields.sequence,
    fields.time,
    fields.class,
    fields.action,
    fields.actor,
    fields.data,
    fields.previousHash,
  ]);
  return createHash("sha256").update(preimage, "utf8").digest("hex");
}

/**
 * The hash that a record has to have by what it holds: one that came over the network says what its log says only where
 * its `hash` is this. JSON that was read and is written again has the text that it was read from.
 */
export function hashOf({ data, ...fields }: Omit<AuditRecord, "hash">): string {
  return hashRecord({ ...fields, data: JSON.stringify(data) });
}

/** The bytes that the signature of the log's beginning covers: of the last record that was forgotten. */
export function beginningPreimage(logId: string, sequence: number, hash: string): Buffer {
  return Buffer.from(`pratique-audit-beginning-v1\n${logId}\n${sequence}\n${hash}\n`, "utf8");
}

/** The bytes that the signature of the log's head covers. */
export function headPreimage(logId: string, sequence: number, hash: string): Buffer {
  return Buffer.from(`pratique-audit-head-v1\n${logId}\n${sequence}\n${hash}\n`, "utf8");
}
