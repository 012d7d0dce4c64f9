import { compareDigits, compareOrdered, isDigitCode } from "../../digits.ts";
import { malformed } from "../../errors.ts";
import type { Ordering, VersionScheme } from "../../scheme.ts";

/**
 * Versions of Debian packages, `[epoch:]upstream[-revision]`, ordered as dpkg orders them (deb-version(7),
 * "Sorting algorithm"; Debian Policy 5.6.12).
 *
 * Like dpkg, it takes an upstream part that does not begin with a digit; unlike dpkg, which merely warns, it
 * refuses characters that the format does not have.
 */
export const deb: VersionScheme = {
  name: "deb",
  ecosystems: ["Debian", "Ubuntu"],
  isValid: (text) => parse(text) !== undefined,
  compare(left, right) {
    const a = parseOrThrow(left);
    const b = parseOrThrow(right);
    return (
      compareOrdered(a.epoch, b.epoch) ||
      comparePart(left, a.upstream, a.upstreamEnd, right, b.upstream, b.upstreamEnd) ||
      comparePart(left, a.revision, left.length, right, b.revision, right.length)
    );
  },
};

/** Where the parts of a version begin and end in its text. An absent revision is empty, which equals `0`. */
interface DebVersion {
  readonly epoch: number;
  readonly upstream: number;
  readonly upstreamEnd: number;
  readonly revision: number;
}

/** dpkg reads the epoch as a C int. */
const MAX_EPOCH = 2_147_483_647;

const COLON = 58;
const HYPHEN = 45;
const ASCII = 128;

/**
 * The weight of each character among non-digits: `~` before the end of the part, the end (0) before letters,
 * letters before all else. Digits weigh as much as the end. -2 marks what no version may hold.
 */
const FOREIGN = -2;
const WEIGHTS = weights();

function weights(): Int16Array {
  const table = new Int16Array(ASCII).fill(FOREIGN);
  for (const character of "0123456789") table[character.charCodeAt(0)] = 0;
  for (const character of "abcdefghijklmnopqrstuvwxyz") {
    table[character.charCodeAt(0)] = character.charCodeAt(0);
    table[character.toUpperCase().charCodeAt(0)] = character.toUpperCase().charCodeAt(0);
  }
  for (const character of "+-.:") table[character.charCodeAt(0)] = character.charCodeAt(0) + 256;
  table["~".charCodeAt(0)] = -1;
  return table;
}

function weightOf(code: number): number {
  return WEIGHTS[code] ?? FOREIGN;
}

function parseOrThrow(text: string): DebVersion {
  const version = parse(text);
  if (version === undefined) throw malformed("deb", text);
  return version;
}

function parse(text: string): DebVersion | undefined {
  let firstColon = -1;
  let lastColon = -1;
  let lastHyphen = -1;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (weightOf(code) === FOREIGN) return undefined;
    if (code === COLON) {
      if (firstColon < 0) firstColon = index;
      lastColon = index;
    } else if (code === HYPHEN) lastHyphen = index;
  }
  const epoch = firstColon < 0 ? 0 : parseEpoch(text, firstColon);
  const upstream = firstColon + 1;
  const hasRevision = lastHyphen > firstColon;
  const upstreamEnd = hasRevision ? lastHyphen : text.length;
  if (epoch === undefined || upstreamEnd === upstream) return undefined;
  if (hasRevision && (lastHyphen === text.length - 1 || lastColon > lastHyphen)) return undefined;
  return { epoch, upstream, upstreamEnd, revision: hasRevision ? lastHyphen + 1 : text.length };
}

function parseEpoch(text: string, end: number): number | undefined {
  if (end === 0) return undefined;
  for (let index = 0; index < end; index += 1) {
    if (!isDigitCode(text.charCodeAt(index))) return undefined;
  }
  const epoch = Number(text.slice(0, end));
  return epoch <= MAX_EPOCH ? epoch : undefined;
}

/** Compares one part: runs of non-digits by weight and runs of digits by value, in turns. */
function comparePart(
  left: string,
  leftStart: number,
  leftEnd: number,
  right: string,
  rightStart: number,
  rightEnd: number,
): Ordering {
  let i = leftStart;
  let j = rightStart;
  while (i < leftEnd || j < rightEnd) {
    while (isNonDigit(left, i, leftEnd) || isNonDigit(right, j, rightEnd)) {
      const a = i < leftEnd ? weightOf(left.charCodeAt(i)) : 0;
      const b = j < rightEnd ? weightOf(right.charCodeAt(j)) : 0;
      if (a !== b) return a < b ? -1 : 1;
      i += 1;
      j += 1;
    }
    const iEnd = endOfDigits(left, i, leftEnd);
    const jEnd = endOfDigits(right, j, rightEnd);
    const order = compareRuns(left, i, iEnd, right, j, jEnd);
    if (order !== 0) return order;
    i = iEnd;
    j = jEnd;
  }
  return 0;
}

/** One digit against one digit is by far the most frequent case, and needs no new strings. */
function compareRuns(
  left: string,
  i: number,
  iEnd: number,
  right: string,
  j: number,
  jEnd: number,
): Ordering {
  if (iEnd - i === 1 && jEnd - j === 1) return compareOrdered(left.charCodeAt(i), right.charCodeAt(j));
  return compareDigits(left.slice(i, iEnd), right.slice(j, jEnd));
}

function isNonDigit(text: string, index: number, end: number): boolean {
  return index < end && !isDigitCode(text.charCodeAt(index));
}

function endOfDigits(text: string, start: number, end: number): number {
  let index = start;
  while (index < end && isDigitCode(text.charCodeAt(index))) index += 1;
  return index;
}
