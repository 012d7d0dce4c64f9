import { ArchiveError } from "./errors.ts";
import { wordsOver } from "./memory-views.ts";
import { parseTarNumber } from "./tar-number.ts";

/** A stretch of bytes; valid only until the parser goes on. */
export interface ByteSpan {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

export const BLOCK = 512;

const NAME = { start: 0, length: 100 };
const LINK_NAME = { start: 157, length: 100 };
const CHECKSUM_AT = 148;
const CHECKSUM_BYTES = 8;
const PREFIX_AT = 345;
const PREFIX_BYTES = 155;
const STAR_PREFIX_BYTES = 131;
const TIME_BYTES = 12;
const SLASH = 0x2f;

/** What the 512 bytes of a header say, before extended headers have their say. */
export interface RawHeader {
  readonly type: number;
  readonly size: number;
  readonly mode: number;
  readonly name: ByteSpan;
  readonly linkName: ByteSpan;
}

/**
 * Reads one header block; undefined for a block of zeros. Throws `ARCHIVE_MALFORMED` where the checksum is
 * wrong or a number is none. (POSIX pax, "ustar Interchange Format"; where readers differ, as Go's archive/tar
 * does, because that is what unpacks images.)
 */
export function readHeader(bytes: Uint8Array, at: number): RawHeader | undefined {
  if (!checkSum(bytes, at)) return undefined;
  return {
    type: bytes[at + 156] ?? 0,
    size: parseTarNumber(bytes, at + 124, 12),
    mode: parseTarNumber(bytes, at + 100, 8) & 0o7777,
    name: readName(bytes, at),
    linkName: untilNul(bytes, at + LINK_NAME.start, LINK_NAME.length),
  };
}

/** True for a header with the right checksum, false for a block of zeros. */
function checkSum(bytes: Uint8Array, at: number): boolean {
  const sum = sumOf(bytes, at);
  if (sum === 0) return false;
  let own = 0;
  for (let index = at + CHECKSUM_AT; index < at + CHECKSUM_AT + CHECKSUM_BYTES; index += 1)
    own += bytes[index] ?? 0;
  // The checksum itself counts as spaces.
  const unsigned = sum - own + CHECKSUM_BYTES * 0x20;
  const written = parseTarNumber(bytes, at + CHECKSUM_AT, CHECKSUM_BYTES);
  if (written !== unsigned && written !== unsigned - 256 * countHigh(bytes, at)) {
    throw new ArchiveError("ARCHIVE_MALFORMED", "wrong checksum in a tar header");
  }
  return true;
}

/** The sum of all bytes of a block, four at a time: two of them in each half, which has room for all. */
function sumOf(bytes: Uint8Array, at: number): number {
  const start = bytes.byteOffset + at;
  if (start % 4 !== 0) return sumOf(Uint8Array.from(bytes.subarray(at, at + BLOCK)), 0);
  const words = wordsOver(bytes.buffer);
  let sums = 0;
  for (let index = start / 4; index < (start + BLOCK) / 4; index += 1) {
    const word = words[index] ?? 0;
    sums = (sums + (word & 0xff00ff) + ((word >>> 8) & 0xff00ff)) | 0;
  }
  return (sums & 0xffff) + (sums >>> 16);
}

/** Bytes beyond ASCII in front of and behind the checksum: some old writers added them as negative numbers. */
function countHigh(bytes: Uint8Array, at: number): number {
  let high = 0;
  for (let index = 0; index < BLOCK; index += 1) {
    const isCounted = index < CHECKSUM_AT || index >= CHECKSUM_AT + CHECKSUM_BYTES;
    if (isCounted) high += (bytes[at + index] ?? 0) >> 7;
  }
  return high;
}

/** The name, with the prefix of the formats that have one. */
function readName(bytes: Uint8Array, at: number): ByteSpan {
  const name = untilNul(bytes, at + NAME.start, NAME.length);
  if (bytes[at + PREFIX_AT] === 0) return name;
  const prefixBytes = prefixLength(bytes, at);
  if (prefixBytes === 0) return name;
  const prefix = untilNul(bytes, at + PREFIX_AT, prefixBytes);
  const joined = new Uint8Array(prefix.end - prefix.start + 1 + name.end - name.start);
  joined.set(bytes.subarray(prefix.start, prefix.end));
  joined[prefix.end - prefix.start] = SLASH;
  joined.set(bytes.subarray(name.start, name.end), prefix.end - prefix.start + 1);
  return { bytes: joined, start: 0, end: joined.length };
}

function prefixLength(bytes: Uint8Array, at: number): number {
  const magic = Buffer.from(bytes.buffer, bytes.byteOffset + at + 257, 8).toString("latin1");
  if (magic.startsWith("ustar\0")) {
    const trailer = Buffer.from(bytes.buffer, bytes.byteOffset + at + 508, 4).toString("latin1");
    return trailer === "tar\0" ? STAR_PREFIX_BYTES : PREFIX_BYTES;
  }
  if (magic !== "ustar  \0") return 0;
  // GNU keeps times here. Early Go wrote a prefix instead, and Go still reads one where the times are no numbers.
  if (areTimes(bytes, at)) return 0;
  const { start, end } = untilNul(bytes, at + PREFIX_AT, PREFIX_BYTES);
  return isAscii(bytes, start, end) ? PREFIX_BYTES : 0;
}

function areTimes(bytes: Uint8Array, at: number): boolean {
  for (const start of [345, 357]) {
    const first = bytes[at + start] ?? 0;
    if (first === 0) continue;
    const isTime = (first & 0x80) === 0 ? isOctal(bytes, at + start) : isLongInteger(bytes, at + start);
    if (!isTime) return false;
  }
  return true;
}

/** Octal digits between blanks, up to a NUL. */
function isOctal(bytes: Uint8Array, start: number): boolean {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, TIME_BYTES).toString("latin1");
  const [digits = ""] = text.replace(/^[ \0]+|[ \0]+$/gu, "").split("\0", 1);
  return digits === "" ? /^[ \0]*$/u.test(text) : /^[0-7]+$/u.test(digits);
}

/** Base-256 of at most 64 bits, the sign among them. */
function isLongInteger(bytes: Uint8Array, start: number): boolean {
  const isNegative = ((bytes[start] ?? 0) & 0x40) !== 0;
  const [high = 0, ...rest] = bytes.subarray(start, start + TIME_BYTES);
  const filler = isNegative ? 0xff : 0;
  const top = [isNegative ? high | 0x80 : high & 0x7f, ...rest.slice(0, 3)];
  const isShort = top.every((byte) => byte === filler);
  return isShort && (((rest[3] ?? 0) & 0x80) !== 0) === isNegative;
}

function untilNul(bytes: Uint8Array, start: number, length: number): ByteSpan {
  let end = start;
  while (end < start + length && bytes[end] !== 0) end += 1;
  return { bytes, start, end };
}

function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  for (let index = start; index < end; index += 1) {
    if ((bytes[index] ?? 0) >= 0x80) return false;
  }
  return true;
}
