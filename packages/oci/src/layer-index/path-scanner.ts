import { type ByteSpan, decodeName, normalizeEntryPath } from "@pratique/archive";
import type { FilePattern } from "@pratique/core";
import type { Matcher } from "./matcher.ts";
import { combineHalves, mixHigh, mixLow, type PathHasher, SLASH } from "./path-hashes.ts";

const DOT = 0x2e;
/** A directory whose path is longer is hashed anew for each of its files. */
const MAX_DIRECTORY = 1024;
const BITS = 0x10000;

/**
 * Asks of the bytes of a name whether it could be wanted, and takes its hash on the way: of most files of a
 * layer no string is ever made.
 *
 * The answers stand in the members until the next scan.
 */
export class PathScanner {
  /** False: certainly not wanted, no whiteout, and `hash` is its hash. True: the path has to be looked at. */
  candidate = false;
  hash = 0;
  readonly #hasher: PathHasher;
  readonly #names = new Uint8Array(BITS);
  readonly #endings = new Uint8Array(BITS);
  readonly #exact = new Set<number>();
  readonly #under = new Set<number>();
  /** The directory of the name before, with its slash: the next one mostly lies there too, and is hashed from there on. */
  readonly #directory = new Uint8Array(MAX_DIRECTORY);
  #directoryBytes = 0;
  #directoryLow = 0;
  #directoryHigh = 0;
  #isDirectoryWanted = false;

  constructor(matcher: Matcher, hasher: PathHasher) {
    this.#hasher = hasher;
    for (const pattern of matcher.patterns) this.#add(pattern);
  }

  /** Has all that lies below a path looked at from now on. */
  watch(path: string): void {
    this.#under.add(this.#hasher.hash(path));
    this.#directoryBytes = 0;
  }

  scan({ bytes, start, end }: ByteSpan): void {
    const from = skipRoot(bytes, start, end);
    const to = end > from && bytes[end - 1] === SLASH ? end - 1 : end;
    const { table } = this.#hasher;
    let { low, high } = this.#hasher.start;
    let nameStart = from;
    this.candidate = from === to;
    if (this.#liesInSame(bytes, from, to)) {
      nameStart = from + this.#directoryBytes;
      low = this.#directoryLow;
      high = this.#directoryHigh;
      this.candidate = this.#isDirectoryWanted;
    }
    for (let at = nameStart; at < to; at += 1) {
      const byte = bytes[at] ?? 0;
      if (byte === SLASH) {
        if (this.#isOdd(bytes, nameStart, at)) return;
        if (this.#under.size > 0 && this.#under.has(combineHalves(low, high))) this.candidate = true;
        nameStart = at + 1;
      } else if (byte >= 0x80) {
        this.candidate = true;
        return;
      }
      const word = table[byte] ?? 0;
      low = mixLow(low, word);
      high = mixHigh(high, word);
      if (byte === SLASH) this.#enter(bytes, from, at + 1, low, high);
    }
    if (this.#isOdd(bytes, nameStart, to)) return;
    this.hash = combineHalves(low, high);
    this.candidate ||= this.#mayName(bytes, nameStart, to) || this.#exact.has(this.hash);
  }

  #liesInSame(bytes: Uint8Array, from: number, to: number): boolean {
    const length = this.#directoryBytes;
    if (length === 0 || to - from <= length) return false;
    // Names that differ do so near their end.
    for (let at = length - 1; at >= 0; at -= 1) if (bytes[from + at] !== this.#directory[at]) return false;
    return true;
  }

  #enter(bytes: Uint8Array, from: number, end: number, low: number, high: number): void {
    const length = end - from;
    const isKept = length <= MAX_DIRECTORY;
    this.#directoryBytes = isKept ? length : 0;
    for (let at = 0; isKept && at < length; at += 1) this.#directory[at] = bytes[from + at] ?? 0;
    this.#directoryLow = low;
    this.#directoryHigh = high;
    this.#isDirectoryWanted = this.candidate;
  }

  /** Empty names, `.` and `..`, and names that begin with `.wh.` need a closer look. */
  #isOdd(bytes: Uint8Array, start: number, end: number): boolean {
    if (start < end && bytes[start] !== DOT) return false;
    const isPlain = end - start > 1 && !isDots(bytes, start, end) && !isWhiteout(bytes, start);
    if (!isPlain) this.candidate = true;
    return !isPlain;
  }

  #mayName(bytes: Uint8Array, start: number, end: number): boolean {
    const first = bytes[start] ?? 0;
    const last = bytes[end - 1] ?? 0;
    if (this.#names[nameBit(end - start, first, last)] === 1) return true;
    const before = end - start > 1 ? (bytes[end - 2] ?? 0) : 0;
    return this.#endings[(before << 8) | last] === 1;
  }

  #add(pattern: FilePattern): void {
    for (const path of pattern.paths ?? []) this.#exact.add(this.#hasher.hash(path));
    for (const path of pattern.under ?? []) this.#under.add(this.#hasher.hash(path));
    for (const name of pattern.basenames ?? []) {
      const first = name.charCodeAt(0);
      this.#names[nameBit(name.length, first, name.charCodeAt(name.length - 1))] = 1;
    }
    for (const suffix of pattern.suffixes ?? []) {
      const last = suffix.charCodeAt(suffix.length - 1) & 0xff;
      const before = suffix.length > 1 ? suffix.charCodeAt(suffix.length - 2) & 0xff : undefined;
      if (before !== undefined) this.#endings[(before << 8) | last] = 1;
      else for (let any = 0; any < 256; any += 1) this.#endings[(any << 8) | last] = 1;
    }
  }
}

/** The normalised path of a name. Throws `PATH_UNSAFE` and `LIMIT_REACHED` of the archive package. */
export function pathOf(span: ByteSpan): string {
  return normalizeEntryPath(decodeName(span));
}

function nameBit(length: number, first: number, last: number): number {
  return ((length * 0x9d) ^ (first << 8) ^ last) & (BITS - 1);
}

/** Passes over `/` and `../` in front. */
function skipRoot(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  for (;;) {
    if (at < end && bytes[at] === SLASH) at += 1;
    else if (at + 1 < end && bytes[at] === DOT && bytes[at + 1] === SLASH) at += 2;
    else return at;
  }
}

function isDots(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start === 2 && bytes[start + 1] === DOT;
}

function isWhiteout(bytes: Uint8Array, start: number): boolean {
  return bytes[start + 1] === 0x77 && bytes[start + 2] === 0x68 && bytes[start + 3] === DOT;
}
