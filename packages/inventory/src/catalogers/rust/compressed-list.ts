import { constants, inflateSync } from "node:zlib";

/** How the list begins, once it is inflated. */
const BEGINNING = '{"packages":[';
/** As many bytes of it as are looked at to see whether it is one. */
export const PROBE_BYTES = 192;
/** The largest lists of real programs have some ten thousand bytes. */
export const MAX_COMPRESSED_BYTES = 1024 * 1024;
/** What so few bytes can inflate to at most. */
const MAX_PROBED_BYTES = 1100 * PROBE_BYTES;
const MAX_LIST_BYTES = 16 * 1024 * 1024;

/**
 * Where in some bytes a list may begin, at or after a place: a header of zlib (RFC 1950, 2.2) and in front of a block whose
 * codes could be those of one (RFC 1951, 3.2.7). One in some thousand places of noise passes. -1 where there is none;
 * {@link PROBE_BYTES} behind it have to be there.
 */
export function findCandidate(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(ZLIB, from); at >= 0; at = bytes.indexOf(ZLIB, at + 1)) {
    if (LEVELS.has(bytes[at + 1] ?? 0) && mayBeBlock(bytes, at + 2)) return at;
  }
  return -1;
}

/** Deflate with a window of 32 KiB, and what stands behind it for each level of compression. */
const ZLIB = 0x78;
const LEVELS: ReadonlySet<number> = new Set([0x01, 0x5e, 0x9c, 0xda]);

function mayBeBlock(bytes: Buffer, at: number): boolean {
  const [first = 0, second = 0] = bytes.subarray(at, at + 2);
  switch ((first >> 1) & 3) {
    case 1:
      // With the fixed codes, in which `{` is 10101011.
      return first >> 3 === 0b10101 && (second & 7) === 0b110;
    case 2:
      return first >> 3 < 30 && (second & 31) < 30 && isCompleteCode(bytes, at);
    default:
      return false;
  }
}

/** Whether the lengths of the codes for lengths of codes make a code in which every word means something. */
function isCompleteCode(bytes: Buffer, at: number): boolean {
  const bits = (position: number, count: number): number => {
    const byte = at + (position >> 3);
    return ((((bytes[byte + 1] ?? 0) << 8) | (bytes[byte] ?? 0)) >> (position & 7)) & ((1 << count) - 1);
  };
  const count = bits(13, 4) + 4;
  let sum = 0;
  for (let index = 0; index < count; index += 1) {
    const length = bits(17 + 3 * index, 3);
    if (length > 0) sum += 128 >> length;
  }
  return sum === 128;
}

/** Whether the bytes inflate to the beginning of a list. */
export function isList(bytes: Uint8Array): boolean {
  try {
    const start = inflateSync(bytes, {
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: MAX_PROBED_BYTES,
    });
    return start.subarray(0, BEGINNING.length).toString("latin1") === BEGINNING;
  } catch {
    // Noise that looked like it: most of it does not inflate.
    return false;
  }
}

/** The whole list; undefined where it is damaged, or too large. What stands behind it is left alone. */
export function inflateList(bytes: Uint8Array): string | undefined {
  try {
    return inflateSync(bytes, { maxOutputLength: MAX_LIST_BYTES }).toString("utf8");
  } catch {
    return undefined;
  }
}
