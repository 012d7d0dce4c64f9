import { AuditError } from "../errors.ts";
import { TILE_WIDTH } from "./tile-path.ts";

/** What a length of two bytes can say (c2sp.org/tlog-tiles, "Log entries"). */
export const MAX_ENTRY_BYTES = 65_535;
const LENGTH_BYTES = 2;
/** What a full bundle of the largest entries takes. */
export const MAX_BUNDLE_BYTES = TILE_WIDTH * (LENGTH_BYTES + MAX_ENTRY_BYTES);

/** Entries, each behind its length in two bytes, big end first. Throws `EVENT_TOO_LARGE`. */
export function encodeBundle(entries: readonly Uint8Array[]): Buffer {
  const total = entries.reduce((sum, { length }) => sum + LENGTH_BYTES + length, 0);
  const bundle = Buffer.allocUnsafe(total);
  let offset = 0;
  for (const entry of entries) {
    checkEntrySize(entry.length);
    offset = bundle.writeUInt16BE(entry.length, offset);
    bundle.set(entry, offset);
    offset += entry.length;
  }
  return bundle;
}

/**
 * Takes a bundle of exactly `width` entries apart, without copying. Throws `LOG_CORRUPT` for one that ends early
 * or late.
 */
export function decodeBundle(bundle: Uint8Array, width: number): readonly Buffer[] {
  const bytes = Buffer.from(bundle.buffer, bundle.byteOffset, bundle.byteLength);
  const entries: Buffer[] = [];
  let offset = 0;
  while (entries.length < width) {
    if (offset + LENGTH_BYTES > bytes.length) throw truncated(entries.length, width);
    const start = offset + LENGTH_BYTES;
    offset = start + bytes.readUInt16BE(offset);
    if (offset > bytes.length) throw truncated(entries.length, width);
    entries.push(bytes.subarray(start, offset));
  }
  if (offset !== bytes.length) throw new AuditError("LOG_CORRUPT", `a bundle of ${width} entries holds more`);
  return entries;
}

/** Throws `EVENT_TOO_LARGE` for what no bundle can hold. */
export function checkEntrySize(bytes: number): void {
  if (bytes <= MAX_ENTRY_BYTES) return;
  const advice = "larger data belong into evidence, and their digest into the event";
  throw new AuditError(
    "EVENT_TOO_LARGE",
    `an entry has ${bytes} bytes, and at most ${MAX_ENTRY_BYTES} are allowed: ${advice}`,
  );
}

function truncated(found: number, width: number): AuditError {
  return new AuditError("LOG_CORRUPT", `a bundle of ${width} entries breaks off after ${found}`);
}
