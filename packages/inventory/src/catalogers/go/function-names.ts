import { KiB, NAME_HASH_START, stepNameHash } from "@pratique/core";

/** By the path of a package, the hashes of the names in it. */
export type PackageFunctions = ReadonlyMap<string, ReadonlySet<number>>;

/** Functions of one program; the largest have some hundred thousand. */
const MAX_FUNCTIONS = 400_000;
const MAX_PACKAGES = 20_000;
/** What types that are written out in full come to. */
export const MAX_NAME_BYTES = 64 * KiB;
const MAX_PATH_BYTES = 1024;

const SLASH = 0x2f;
const DOT = 0x2e;
const COLON = 0x3a;
const HYPHEN = 0x2d;
const STAR = 0x2a;
const SPACE = 0x20;
const OPEN = 0x28;
const CLOSE = 0x29;
const BRACKET = 0x5b;
const END_BRACKET = 0x5d;
const BRACE = 0x7b;

/** Bytes that are more than letters in a name: most bytes are not, and one question tells. */
const MARKS = new Uint8Array(256);
for (const mark of [0, SLASH, DOT, COLON, HYPHEN, STAR, SPACE, OPEN, CLOSE, BRACKET, END_BRACKET, BRACE])
  MARKS[mark] = 1;

interface KnownPackage {
  readonly pathBytes: number;
  readonly names: Set<number>;
}

/**
 * Takes the names of functions as Go's linker writes them (`net/http.(*Client).Do`, `main.main.func1`), by package. More
 * is kept than there is where a name could mean several things: `T.M` is a method, or what was made within a function `T`.
 *
 * Written for speed: programs have megabytes of names.
 */
export class FunctionNames {
  readonly #packages = new Map<string, Set<number>>();
  /** By the hashes of their paths. Two of one hash and one length are taken for one: there are some thousands. */
  readonly #known = new Map<number, KnownPackage>();
  #lastHash = 0;
  #last: KnownPackage | undefined;
  #count = 0;
  /** Of the name that is being read. */
  #pathHash = 0;

  get packages(): PackageFunctions {
    return this.#packages;
  }

  /**
   * Takes all names that end within some bytes, each with a zero. Gives where the first one begins that does not;
   * undefined where there is more than anybody links together.
   */
  take(bytes: Uint8Array): number | undefined {
    const last = bytes.lastIndexOf(0) + 1;
    for (let start = 0; start < last; ) {
      const dot = this.#endOfPath(bytes, start);
      let end = Math.max(dot, start);
      if (dot > start) {
        const names = this.#namesOf(bytes, start, dot);
        if (names === undefined) return undefined;
        const before = names.size;
        end = addNames(names, bytes, dot + 1);
        this.#count += names.size - before;
        if (this.#count > MAX_FUNCTIONS) return undefined;
      }
      while (bytes[end] !== 0) end += 1;
      if (end - start > MAX_NAME_BYTES) return undefined;
      start = end + 1;
    }
    return last;
  }

  /**
   * Where the dot behind the package is: the first one behind the last slash, in front of any type. -1 where there is none,
   * as in what C brought along, and for what was made for types without a name (`type:.eq.…`).
   */
  #endOfPath(bytes: Uint8Array, start: number): number {
    let hash = NAME_HASH_START;
    let dot = -1;
    for (let at = start; ; at += 1) {
      const byte = bytes[at] ?? 0;
      if (MARKS[byte] === 1) {
        if (byte === SLASH) dot = -1;
        else if (byte === DOT) {
          if (dot < 0) {
            dot = at;
            this.#pathHash = hash;
          }
        } else if (byte === 0 || byte === OPEN || byte === BRACKET || byte === SPACE || byte === BRACE)
          return dot;
        else if (byte === COLON && dot < 0) return -1;
      }
      hash = stepNameHash(hash, byte);
    }
  }

  /** Most names have the package of the one before. */
  #namesOf(bytes: Uint8Array, start: number, end: number): Set<number> | undefined {
    const hash = this.#pathHash;
    const known = this.#last !== undefined && this.#lastHash === hash ? this.#last : this.#known.get(hash);
    if (known === undefined) return this.#add(bytes.subarray(start, end), hash);
    if (known.pathBytes !== end - start) return undefined;
    this.#lastHash = hash;
    this.#last = known;
    return known.names;
  }

  #add(path: Uint8Array, hash: number): Set<number> | undefined {
    if (path.length > MAX_PATH_BYTES || this.#known.size >= MAX_PACKAGES) return undefined;
    const text = unescapePath(Buffer.from(path).toString("latin1"));
    const names = this.#packages.get(text) ?? new Set([NAME_HASH_START]);
    this.#packages.set(text, names);
    this.#known.set(hash, { pathBytes: path.length, names });
    return names;
  }
}

/**
 * Adds `F`, `T.M` of `(*T[...]).M-fm`, and `F` of `F.func1`: what follows the second name was made within it. Gives a place
 * at or in front of the zero behind the name.
 */
function addNames(names: Set<number>, bytes: Uint8Array, start: number): number {
  let hash = NAME_HASH_START;
  let isSecond = false;
  let isMethod = false;
  let depth = 0;
  let at = start;
  for (; ; at += 1) {
    const byte = bytes[at] ?? 0;
    if (MARKS[byte] === 1) {
      if (byte === 0) break;
      if (byte === BRACKET) depth += 1;
      else if (byte === END_BRACKET) depth -= 1;
      if (depth > 0 || byte === CLOSE || byte === END_BRACKET) continue;
      if (byte === HYPHEN) break;
      if (byte === OPEN || byte === STAR) {
        isMethod = true;
        continue;
      }
      if (byte === DOT) {
        if (isSecond) break;
        if (!isMethod) names.add(hash);
        if (isMadeWithin(bytes, at + 1)) return at;
        isSecond = true;
      }
    } else if (depth > 0) continue;
    hash = stepNameHash(hash, byte);
  }
  names.add(hash);
  return at;
}

/** `func1`: a function without a name. Bytes behind the end of the name are zero, or no digits. */
function isMadeWithin(bytes: Uint8Array, at: number): boolean {
  if (bytes[at] !== 0x66 || bytes[at + 1] !== 0x75) return false;
  const digit = bytes[at + 4] ?? 0;
  return bytes[at + 2] === 0x6e && bytes[at + 3] === 0x63 && digit >= 0x30 && digit <= 0x39;
}

/** Go writes dots behind the last slash, and what is not ASCII, as `%2e` (Go, cmd/internal/objabi, PathToPrefix). */
function unescapePath(path: string): string {
  return path.replace(/%(?<code>[0-9a-f]{2})/gu, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
}
