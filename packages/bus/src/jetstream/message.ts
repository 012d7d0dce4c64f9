import { headers, type MsgHdrs } from "@nats-io/transport-node";
import type { AuditRecord } from "@pratique/core";
import { z } from "zod";
import type { LogHead, RecordBatch } from "../record-bus.ts";

/** What a message says of itself, so that a log's head can be told by its last message alone. */
const LAST_SEQUENCE = "Pratique-Last-Sequence";
const LAST_HASH = "Pratique-Last-Hash";
const HOST = "Pratique-Host";
/** The message of the same log before this one, by its place in the stream. */
const BEFORE = "Pratique-Before";

const hash = z.string().regex(/^[0-9a-f]{64}$/u);
const logId = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/u);

/**
 * Only the form that is relied on here; what records tell is for the handler to read. It is JSON, for it was: to walk through
 * what a host has nested a thousand deep would exhaust the stack, and the log would never go on.
 */
const record = z.custom<AuditRecord>(
  (value) =>
    z
      .looseObject({
        sequence: z.int().positive(),
        time: z.string(),
        class: z.string(),
        action: z.string(),
        actor: z.string(),
        data: z.record(z.string(), z.unknown()),
        previousHash: hash,
        hash,
      })
      .safeParse(value).success,
);

const batch = z.strictObject({ logId, host: z.string().min(1), records: z.array(record).min(1).max(10_000) });

/** The subject of a log. Each publish says which message of it has to be the last, so that two servers cannot fork the log. */
export function subjectOf(prefix: string, log: string): string {
  return `${prefix}.${log}`;
}

/** The log that a message belongs to, by its subject. */
export function logIdOf({ subject }: { readonly subject: string }): string {
  return subject.slice(subject.lastIndexOf(".") + 1);
}

/** Splits records so that each piece fits into a message. A record that is too large by itself is a piece of its own. */
export function* split(records: readonly AuditRecord[], maxBytes: number): Generator<readonly AuditRecord[]> {
  let piece: AuditRecord[] = [];
  let size = 0;
  for (const entry of records) {
    const bytes = Buffer.byteLength(JSON.stringify(entry)) + 1;
    if (piece.length > 0 && size + bytes > maxBytes) {
      yield piece;
      [piece, size] = [[], 0];
    }
    piece.push(entry);
    size += bytes;
  }
  if (piece.length > 0) yield piece;
}

/** The headers of a message: the log's head after it, and the place of the log's message before it. */
export function headersOf({ host }: Pick<RecordBatch, "host">, last: AuditRecord, before: number): MsgHdrs {
  const made = headers();
  made.set(LAST_SEQUENCE, String(last.sequence));
  made.set(LAST_HASH, last.hash);
  // A host's name may hold what a header cannot.
  made.set(HOST, encodeURIComponent(host));
  made.set(BEFORE, String(before));
  return made;
}

const head = z.object({
  acknowledged: z.coerce.number().pipe(z.int().positive()),
  lastHash: hash,
  host: z.string().min(1),
  before: z.coerce.number().pipe(z.int().nonnegative()),
});

/** Reads what {@link headersOf} wrote; undefined where the message is not one of ours. */
export function readHead(from: MsgHdrs): (LogHead & { readonly before: number }) | undefined {
  const parsed = head.safeParse({
    acknowledged: from.get(LAST_SEQUENCE),
    lastHash: from.get(LAST_HASH),
    host: decoded(from.get(HOST)),
    before: from.get(BEFORE),
  });
  return parsed.data;
}

/** The batch in a message; undefined where there is none. */
export function readBatch(text: string): RecordBatch | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return batch.safeParse(value).data;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}
