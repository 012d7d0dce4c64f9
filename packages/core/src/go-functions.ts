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

/** Two characters of six bits each for every key, and eight bits set: one absent key in 300 seems to be there. */
const CHARACTERS_PER_KEY = 2;
const BITS_PER_CHARACTER = 6;
const PROBES = 8;
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const SMALLEST = 8;
/** Characters that are joined at once: a call takes so many arguments everywhere. */
const CHUNK = 4096;

/**
 * Writes down which functions of a module a Go program holds, for {@link mayHoldFunction}: the system that it was built
 * for (`linux/amd64`; empty where it does not tell), a space, and a Bloom filter, so that what tens of thousands of names
 * say is kept with two characters for each. The same keys give the same text.
 */
export function writeFunctions(platform: string, keys: readonly FunctionKey[]): string {
  const size = Math.max(SMALLEST, keys.length * CHARACTERS_PER_KEY);
  const values = new Uint8Array(size);
  const bits = size * BITS_PER_CHARACTER;
  for (const { path, name } of keys) {
    const step = stepOf(path, name);
    for (let probe = 0, hash = firstOf(path, name); probe < PROBES; probe += 1, hash = (hash + step) | 0) {
      const bit = (hash >>> 0) % bits;
      const at = Math.floor(bit / BITS_PER_CHARACTER);
      values[at] = (values[at] ?? 0) | (1 << (bit % BITS_PER_CHARACTER));
    }
  }
  const codes = values.map((value) => ALPHABET.charCodeAt(value));
  let text = `${platform} `;
  for (let at = 0; at < size; at += CHUNK) text += String.fromCharCode(...codes.subarray(at, at + CHUNK));
  return text;
}

/** A function as advisories of Go name it: the path of its package below that of the module, and `Name` or `Type.Method`. */
export interface NamedFunction {
  readonly path: string;
  /** Absent for anything in the package. */
  readonly name?: string;
}

/**
 * Whether a program may hold a function. Never false for one that it holds; true where the text or the name is of another
 * form than what is understood.
 */
export function mayHoldFunction(functions: string, { path, name }: NamedFunction): boolean {
  const filter = /^[^ ]* (?<filter>[\w-]+)$/u.exec(functions)?.groups?.filter;
  if (filter === undefined || !ASCII.test(path) || (name !== undefined && !isFunctionName(name))) return true;
  const [pathHash, nameHash] = [hashOf(path), hashOf(name ?? "")];
  const bits = filter.length * BITS_PER_CHARACTER;
  const step = stepOf(pathHash, nameHash);
  for (
    let probe = 0, hash = firstOf(pathHash, nameHash);
    probe < PROBES;
    probe += 1, hash = (hash + step) | 0
  ) {
    const bit = (hash >>> 0) % bits;
    const value = ALPHABET.indexOf(filter.charAt(Math.floor(bit / BITS_PER_CHARACTER)));
    if ((value & (1 << (bit % BITS_PER_CHARACTER))) === 0) return false;
  }
  return true;
}

/** The system and the architecture that a program was built for, in Go's words; undefined where it does not tell. */
export function platformOfFunctions(
  functions: string,
): { readonly os: string; readonly architecture: string } | undefined {
  const { os, architecture } = /^(?<os>\w+)\/(?<architecture>\w+) /u.exec(functions)?.groups ?? {};
  return os === undefined || architecture === undefined ? undefined : { os, architecture };
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
