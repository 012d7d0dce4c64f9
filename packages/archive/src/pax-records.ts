import { ArchiveError } from "./errors.ts";

/** One record of a pax extended header; the value keeps its bytes. */
export interface PaxRecord {
  readonly key: string;
  readonly value: Uint8Array;
}

const NEWLINE = 0x0a;
const EQUALS = 0x3d;
const SPACE = 0x20;
const ZERO = 0x30;
const NINE = 0x39;
const MAX_LENGTH_DIGITS = 10;

/** Reads `LENGTH KEY=VALUE\n` records (POSIX pax, "pax Extended Header"). Throws `ARCHIVE_MALFORMED`. */
export function* parsePaxRecords(bytes: Uint8Array): Iterable<PaxRecord> {
  let start = 0;
  while (start < bytes.length) {
    const { length, textStart } = readLength(bytes, start);
    const end = start + length;
    if (end > bytes.length || end <= textStart || bytes[end - 1] !== NEWLINE) throw malformed();
    const equals = bytes.indexOf(EQUALS, textStart);
    if (equals <= textStart || equals >= end) throw malformed();
    const key = Buffer.from(bytes.buffer, bytes.byteOffset + textStart, equals - textStart).toString(
      "latin1",
    );
    yield { key, value: bytes.subarray(equals + 1, end - 1) };
    start = end;
  }
}

function readLength(bytes: Uint8Array, start: number): { length: number; textStart: number } {
  let length = 0;
  for (let at = start; at < start + MAX_LENGTH_DIGITS; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === SPACE && at > start) return { length, textStart: at + 1 };
    if (byte < ZERO || byte > NINE) break;
    length = length * 10 + (byte - ZERO);
  }
  throw malformed();
}

function malformed(): ArchiveError {
  return new ArchiveError("ARCHIVE_MALFORMED", "malformed record in a pax extended header");
}
