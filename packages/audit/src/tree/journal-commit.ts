import { AuditError, toAuditError } from "../errors.ts";
import type { Opening } from "./commitment.ts";
import { decodeBundle, encodeBundle } from "./entry-bundle.ts";

/** What a commit keeps of one entry. */
export interface CommittedEntry {
  readonly bytes: Uint8Array;
  readonly openings: readonly Opening[];
}

const COUNT_BYTES = 4;
const LENGTH_BYTES = 2;

/** The content of a journal's frame: the number of entries, the entries as a bundle, the openings as JSON. */
export function encodeCommit(entries: readonly CommittedEntry[], time: string): Buffer {
  const count = Buffer.alloc(COUNT_BYTES);
  count.writeUInt32BE(entries.length);
  const openings = entries.map((entry) => entry.openings);
  const trailer = JSON.stringify({
    time,
    openings: openings.some(({ length }) => length > 0) ? openings : [],
  });
  return Buffer.concat([
    count,
    encodeBundle(entries.map(({ bytes }) => bytes)),
    Buffer.from(trailer, "utf8"),
  ]);
}

/** Reads a commit back. Throws `LOG_CORRUPT`. */
export function decodeCommit(content: Buffer): {
  readonly time: string;
  readonly entries: readonly CommittedEntry[];
} {
  try {
    const count = content.readUInt32BE(0);
    let end = COUNT_BYTES;
    for (let at = 0; at < count; at += 1) end += LENGTH_BYTES + content.readUInt16BE(end);
    const bundle = decodeBundle(content.subarray(COUNT_BYTES, end), count);
    // The hash of the frame fits: this is what this code wrote.
    const trailer: { time: string; openings: readonly (readonly Opening[])[] } = JSON.parse(
      content.subarray(end).toString("utf8"),
    );
    const entries = bundle.map((bytes, at) => ({ bytes, openings: trailer.openings[at] ?? [] }));
    return { time: trailer.time, entries };
  } catch (thrown) {
    const { message } = toAuditError(thrown, "a commit of the journal cannot be read");
    throw new AuditError("LOG_CORRUPT", message, { cause: thrown });
  }
}
