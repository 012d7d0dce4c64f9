/** Where the hash of a name begins (FNV-1a, 32 bits). */
export const NAME_HASH_START = 0x811c9dc5;

/** Goes on with the hash of a name by one byte of it. */
export function stepNameHash(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, 0x01000193);
}

/** A function by the hashes of its package's path and of its name; a package itself by its path alone. */
export interface FunctionKey {
  readonly path: number;
  /** {@link NAME_HASH_START} stands for the package. */
  readonly name: number;
}

/** Two characters of six bits each for every name, and eight bits set: one absent name in 300 seems to be there. */
const CHARACTERS_PER_NAME = 2;
const BITS_PER_CHARACTER = 6;
const PROBES = 8;
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const SMALLEST = 4;
/** Characters that are joined at once: a call takes so many arguments everywhere. */
const CHUNK = 4096;
/** Characters of the hash of a path. */
const PATH_LENGTH = 6;
/** Nothing of the module is in the program that is not written down. */
const WHOLE = "=";
/** Of packages that are not written down nothing is known. */
const PARTIAL = "?";
const SEPARATOR = ".";
/** A filter that denies nothing. */
const ANYTHING = "____";

/**
 * Writes down which functions of a module a Go program holds, for {@link readFunctions}: the system that it was built for
 * (`linux/amd64`; empty where it does not tell), a space, an equals sign, and the packages, with points between them. Each
 * has the hash of its path and a Bloom filter, so that what tens of thousands of names say is kept with two characters for
 * each. The same keys give the same text.
 */
export function writeFunctions(platform: string, keys: readonly FunctionKey[]): string {
  const packages = new Map<number, number[]>();
  for (const { path, name } of keys) {
    const names = packages.get(path) ?? [];
    if (name !== NAME_HASH_START) names.push(name);
    packages.set(path, names);
  }
  const written = [...packages].map(([path, names]) => writePath(path) + writeFilter(path, names));
  return `${platform} ${WHOLE}${written.sort().join(SEPARATOR)}`;
}

function writePath(path: number): string {
  let text = "";
  for (let at = 0, rest = path >>> 0; at < PATH_LENGTH; at += 1, rest >>>= BITS_PER_CHARACTER)
    text += ALPHABET.charAt(rest % ALPHABET.length);
  return text;
}

function writeFilter(path: number, names: readonly number[]): string {
  const size = Math.max(SMALLEST, names.length * CHARACTERS_PER_NAME);
  const values = new Uint8Array(size);
  const bits = size * BITS_PER_CHARACTER;
  for (const name of names) {
    const step = stepOf(path, name);
    for (let probe = 0, hash = firstOf(path, name); probe < PROBES; probe += 1, hash = (hash + step) | 0) {
      const bit = (hash >>> 0) % bits;
      const at = Math.floor(bit / BITS_PER_CHARACTER);
      values[at] = (values[at] ?? 0) | (1 << (bit % BITS_PER_CHARACTER));
    }
  }
  const codes = values.map((value) => ALPHABET.charCodeAt(value));
  let text = "";
  for (let at = 0; at < size; at += CHUNK) text += String.fromCharCode(...codes.subarray(at, at + CHUNK));
  return text;
}

/** A function as advisories of Go name it: the path of its package below that of the module, and `Name` or `Type.Method`. */
export interface NamedFunction {
  readonly path: string;
  /** Absent for anything in the package. */
  readonly name?: string;
}

/** Reads what {@link writeFunctions} wrote; undefined where the text is of another form, so that nothing is known. */
export function readFunctions(text: string): GoFunctions | undefined {
  const {
    platform = "",
    extent,
    packages = "",
  } = /^(?<platform>[^ ]*) (?<extent>[=?])(?<packages>[\w.-]*)$/u.exec(text)?.groups ?? {};
  if (extent === undefined) return undefined;
  const filters = new Map<string, string>();
  for (const written of packages === "" ? [] : packages.split(SEPARATOR)) {
    const path = written.slice(0, PATH_LENGTH);
    const filter = written.slice(PATH_LENGTH);
    const isAbsent = written.length === PATH_LENGTH && extent === PARTIAL;
    if (filters.has(path) || !(isAbsent || filter.length >= SMALLEST)) return undefined;
    filters.set(path, filter);
  }
  return new GoFunctions(platform, extent === WHOLE, filters);
}

/** Which functions of a module a Go program holds. */
export class GoFunctions {
  readonly #platform: string;
  readonly #isWhole: boolean;
  /** By the hashes of their paths as they are written; empty where the program holds nothing of the package. */
  readonly #filters: ReadonlyMap<string, string>;

  constructor(platform: string, isWhole: boolean, filters: ReadonlyMap<string, string>) {
    this.#platform = platform;
    this.#isWhole = isWhole;
    this.#filters = filters;
  }

  /** The system and the architecture that the program was built for, in Go's words; undefined where it does not tell. */
  get platform(): { readonly os: string; readonly architecture: string } | undefined {
    const { os, architecture } = /^(?<os>\w+)\/(?<architecture>\w+)$/u.exec(this.#platform)?.groups ?? {};
    return os === undefined || architecture === undefined ? undefined : { os, architecture };
  }

  /**
   * Whether the program may hold a function. Never false for one that it holds; true where the name is of another form than
   * what is understood, and in packages of which nothing is known.
   */
  mayHold({ path, name }: NamedFunction): boolean {
    if (!ASCII.test(path) || (name !== undefined && !isFunctionName(name))) return true;
    const pathHash = hashOf(path);
    const filter = this.#filters.get(writePath(pathHash));
    if (filter === undefined) return !this.#isWhole;
    if (filter === "") return false;
    return name === undefined || isIn(filter, pathHash, hashOf(name));
  }

  /**
   * Writes down what is known of the packages in which some functions are: a text with which {@link readFunctions} knows the
   * same of all functions in them, and nothing of other packages. Of those that are named without any function it knows only
   * whether they are there.
   */
  inPackagesOf(functions: Iterable<NamedFunction>): string {
    const kept = new Map<string, string>();
    for (const { path, name } of functions) {
      const key = writePath(hashOf(path));
      const filter = this.#filters.get(key) ?? (this.#isWhole ? "" : undefined);
      if (!ASCII.test(path) || filter === undefined) continue;
      if (name !== undefined || filter === "") kept.set(key, filter);
      else if (!kept.has(key)) kept.set(key, ANYTHING);
    }
    const written = [...kept].map(([key, filter]) => key + filter);
    return `${this.#platform} ${PARTIAL}${written.sort().join(SEPARATOR)}`;
  }
}

function isIn(filter: string, path: number, name: number): boolean {
  const bits = filter.length * BITS_PER_CHARACTER;
  const step = stepOf(path, name);
  for (let probe = 0, hash = firstOf(path, name); probe < PROBES; probe += 1, hash = (hash + step) | 0) {
    const bit = (hash >>> 0) % bits;
    const value = ALPHABET.indexOf(filter.charAt(Math.floor(bit / BITS_PER_CHARACTER)));
    if ((value & (1 << (bit % BITS_PER_CHARACTER))) === 0) return false;
  }
  return true;
}

const ASCII = /^[!-~]*$/u;

/** `F` and `T.M`. Go names what has no name of its own `F.func1`: which of them it is, a compiler decides anew. */
function isFunctionName(name: string): boolean {
  return /^[A-Za-z_]\w*(?:\.(?!func\d)[A-Za-z_]\w*)?$/u.test(name);
}

function hashOf(text: string): number {
  let hash = NAME_HASH_START;
  for (let at = 0; at < text.length; at += 1) hash = stepNameHash(hash, text.charCodeAt(at));
  return hash;
}

/** The first place of a key; the others lie a step of the key's own behind each other. */
function firstOf(path: number, name: number): number {
  return mix(path ^ Math.imul(name, 0x9e3779b1));
}

function stepOf(path: number, name: number): number {
  return mix(name ^ Math.imul(path, 0x85ebca77)) | 1;
}

/** The finalizer of MurmurHash3. */
function mix(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
