import { NAME_HASH_START, stepNameHash } from "./go-functions.ts";

/** Five characters of six bits each: of 200 files of one image and 2000 of another, two are taken for one once in 2500 times. */
const KEY_LENGTH = 5;
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/** The order of characters in which keys are written: keys sorted as numbers are sorted as text. */
const DIGITS = [...ALPHABET].sort().join("");
const BITS_PER_CHARACTER = 6;
const BASE = 2 ** BITS_PER_CHARACTER;
/** By the six bits of a hash, the digit that they are written as. */
const DIGIT_OF_BITS = Uint8Array.from(ALPHABET, (character) => DIGITS.indexOf(character));
const CODE_OF_DIGIT = Uint8Array.from(DIGITS, (character) => character.charCodeAt(0));
const DIGIT_OF_CODE = new Map(Array.from(CODE_OF_DIGIT, (code, digit) => [code, digit]));
/** What is left of the hash's 32 bits; the others are folded in. */
const KEY_BITS = KEY_LENGTH * BITS_PER_CHARACTER;

/** What systems, Java, .NET and Node load: `libssl.so.3`, `x.jar`, `x.dll`, `x.node`. */
const LOADED = /\.(?:so(?:\..*)?|jar|war|dll|node)$/su;
/** What interpreters are given as a program (Python, Perl, shells, Node, Ruby, PHP, Lua), and read as a module as well. */
const SCRIPT = /\.(?:py|pl|sh|bash|[cm]?js|rb|php|lua)$/u;
/** The last letters of these: most names end with none of them. */
const SCRIPT_ENDS = "ylhsbpa";
/** Between the keys of programs and those of scripts. */
const MARK = ".";
/** Ends the directories all of whose own files are programs, whatever their names. */
const PROGRAMS = /(?:^|\/)(?:bin|sbin|games)$/u;
/** Directories in which programs lie among data (FHS 3.0, 4.6): what has no ending there may be one. */
const MIXED = /^(?:lib|local\/lib|opt\/)/u;
/** Data without an ending: of terminals and languages, records of Python's packages, links by the ids of builds. */
const DATA = /\/(?:terminfo|locale|\.[^/]+|[^/]+-info)\//u;
const MAX_PATH = 4096;
const SLASH = 0x2f;
const DOT = 0x2e;
/** What names of {@link PROGRAMS} end with. */
const [SMALL_N, SMALL_S] = [0x6e, 0x73];
const FIRST_VISIBLE = 0x21;
const LAST_VISIBLE = 0x7e;

/**
 * The key by which a file is told that a process may execute or load, from where it lies and what it is called: programs,
 * shared libraries, archives of Java. A number of 30 bits. Undefined of any other file. The path is one from the root, with or without a slash
 * before it; a file in `/usr/lib` and one in `/lib` are the same, since most systems make these one directory.
 */
export function runnableKeyOf(path: string): number | undefined {
  if (path.length > MAX_PATH) return undefined;
  const start = startOf(path);
  return mayRun(path, start) ? keyOf(path, start) : undefined;
}

/**
 * The key of a file that runs where an interpreter is given it, and is no program by where it lies: `usr/lib/x/tool.py`.
 * Undefined of any other file. Paths are those of {@link runnableKeyOf}.
 */
export function scriptKeyOf(path: string): number | undefined {
  if (path.length > MAX_PATH || !SCRIPT_ENDS.includes(path.charAt(path.length - 1))) return undefined;
  const start = startOf(path);
  return SCRIPT.test(path) && !mayRun(path, start) ? keyOf(path, start) : undefined;
}

/**
 * Writes down which files of a package may run, for {@link runnableKeysIn} and {@link scriptKeysIn}. The same files give the
 * same text.
 */
export function writeRunnableKeys(programs: Iterable<number>, scripts: Iterable<number> = []): string {
  const written = sortedText(scripts);
  return written === "" ? sortedText(programs) : `${sortedText(programs)}${MARK}${written}`;
}

/** The keys of programs and libraries that were written down. */
export function runnableKeysIn(text: string): Iterable<number> {
  const mark = text.indexOf(MARK);
  return keysIn(mark < 0 ? text : text.slice(0, mark));
}

/** The keys of scripts that were written down. */
export function scriptKeysIn(text: string): Iterable<number> {
  const mark = text.indexOf(MARK);
  return keysIn(mark < 0 ? "" : text.slice(mark + 1));
}

function sortedText(keys: Iterable<number>): string {
  return Array.from(Int32Array.from(new Set(keys)).sort(), textOf).join("");
}

function textOf(key: number): string {
  return String.fromCharCode(codeAt(key, 4), codeAt(key, 3), codeAt(key, 2), codeAt(key, 1), codeAt(key, 0));
}

/** Of a digit, the last one being the first. */
function codeAt(key: number, place: number): number {
  return CODE_OF_DIGIT[(key >>> (place * BITS_PER_CHARACTER)) & (BASE - 1)] ?? 0;
}

/** What is written wrong is the key of nothing. */
function* keysIn(text: string): Iterable<number> {
  for (let at = 0; at + KEY_LENGTH <= text.length; at += KEY_LENGTH) {
    let key = 0;
    for (let place = at; place < at + KEY_LENGTH; place += 1)
      key = key * BASE + (DIGIT_OF_CODE.get(text.charCodeAt(place)) ?? Number.NaN);
    if (!Number.isNaN(key)) yield key;
  }
}

/** Where the path begins without its slash, and without `usr`. */
function startOf(path: string): number {
  const root = path.charCodeAt(0) === SLASH ? 1 : 0;
  return path.startsWith("usr/", root) ? root + 4 : root;
}

/**
 * Asked of every file that package managers list, of which most are told by a few letters: read one by one, which takes less
 * time than searching for them.
 */
function mayRun(path: string, start: number): boolean {
  const end = path.length;
  let slash = end - 1;
  let hasEnding = false;
  for (; slash >= start; slash -= 1) {
    const code = path.charCodeAt(slash);
    if (code === SLASH) break;
    if (code === DOT) hasEnding = true;
  }
  if (slash < start || slash === end - 1) return false;
  if (hasEnding && LOADED.test(path.slice(slash))) return true;
  const last = path.charCodeAt(slash - 1);
  if ((last === SMALL_N || last === SMALL_S) && PROGRAMS.test(path.slice(start, slash))) return true;
  return !hasEnding && MIXED.test(path.slice(start)) && !DATA.test(path);
}

/** Names of other characters are read differently by those who list them and by those who see them. */
function keyOf(path: string, start: number): number | undefined {
  let hash = NAME_HASH_START;
  for (let at = start; at < path.length; at += 1) {
    const code = path.charCodeAt(at);
    if (code < FIRST_VISIBLE || code > LAST_VISIBLE) return undefined;
    hash = stepNameHash(hash, code);
  }
  const folded = hash ^ (hash >>> KEY_BITS);
  let key = 0;
  for (let bit = 0; bit < KEY_BITS; bit += BITS_PER_CHARACTER)
    key = (key << BITS_PER_CHARACTER) | (DIGIT_OF_BITS[(folded >>> bit) & (BASE - 1)] ?? 0);
  return key;
}
