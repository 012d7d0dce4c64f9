import { ArchiveError } from "./errors.ts";

const SPACE = 0x20;
const ZERO = 0x30;
const SEVEN = 0x37;
const BASE_256 = 0x80;

/**
 * Reads a number field of a tar header: octal digits between spaces and NULs, or base-256 where the first bit
 * is set. Negative and unsafe numbers are malformed. (POSIX pax, "ustar Interchange Format"; GNU tar manual,
 * "Extensions".)
 */
export function parseTarNumber(bytes: Uint8Array, start: number, length: number): number {
  const first = bytes[start] ?? 0;
  return (first & BASE_256) === 0 ? parseOctal(bytes, start, length) : parseBase256(bytes, start, length);
}

function parseOctal(bytes: Uint8Array, start: number, length: number): number {
  let at = start;
  let end = start + length;
  while (at < end && isBlank(bytes[at])) at += 1;
  while (end > at && isBlank(bytes[end - 1])) end -= 1;
  let value = 0;
  for (; at < end; at += 1) {
    const digit = bytes[at] ?? 0;
    // Whatever follows a NUL is not part of the number.
    if (digit === 0) break;
    if (digit < ZERO || digit > SEVEN) throw malformed("octal digits");
    value = value * 8 + (digit - ZERO);
  }
  if (!Number.isSafeInteger(value)) throw malformed("a number below 2^53");
  return value;
}

function parseBase256(bytes: Uint8Array, start: number, length: number): number {
  if (((bytes[start] ?? 0) & 0x40) !== 0) throw malformed("no negative number");
  let value = (bytes[start] ?? 0) & 0x3f;
  for (let at = start + 1; at < start + length; at += 1) {
    value = value * 256 + (bytes[at] ?? 0);
    if (!Number.isSafeInteger(value)) throw malformed("a number below 2^53");
  }
  return value;
}

function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || byte === 0;
}

function malformed(expected: string): ArchiveError {
  return new ArchiveError("ARCHIVE_MALFORMED", `expected ${expected} in a number field of a tar header`);
}
