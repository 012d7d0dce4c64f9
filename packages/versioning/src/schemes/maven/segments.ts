import { isDigitCode } from "../../digits.ts";

/**
 * What stands between two hyphens of a version, or between a change from digits to letters or back, which counts as a
 * hyphen: a word, numbers with dots between them, or both in this order.
 */
export interface MavenSegment {
  /** In lower case and without aliases; empty for a word that means the release itself. */
  readonly word: string | undefined;
  /** Without zeros at the end. */
  readonly numbers: readonly string[];
}

interface OpenSegment {
  word: string | undefined;
  readonly numbers: string[];
}

const ALIASES: ReadonlyMap<string, string> = new Map([
  ["cr", "rc"],
  ["final", ""],
  ["ga", ""],
  ["release", ""],
]);

/** Single letters that stand for a word where a digit follows at once. */
const ABBREVIATIONS: ReadonlyMap<string, string> = new Map([
  ["a", "alpha"],
  ["b", "beta"],
  ["m", "milestone"],
]);

/**
 * Takes a version in lower case apart, and leaves out what has no weight. The first segment holds what stands before
 * any word or hyphen, and may be empty.
 */
export function segmentsOf(version: string): readonly MavenSegment[] {
  return withoutNulls(split(version));
}

function split(version: string): readonly OpenSegment[] {
  const segments: OpenSegment[] = [{ word: undefined, numbers: [] }];
  let start = 0;
  for (let at = 0; at <= version.length; at += 1) {
    const next = version.charAt(at);
    const isSeparator = next === "." || next === "-";
    const isEnd = at === version.length;
    const isChange =
      !isSeparator && !isEnd && at > start && isDigitAt(version, at) !== isDigitAt(version, at - 1);
    if (!isSeparator && !isEnd && !isChange) continue;
    const piece = version.slice(start, at);
    // Nothing between two separators is a zero, and nothing at the end is nothing.
    if (piece !== "" || isSeparator) add(segments, piece, { beforeDigit: isChange });
    if (next === "-" || isChange) segments.push({ word: undefined, numbers: [] });
    start = isSeparator ? at + 1 : at;
  }
  return segments;
}

function add(
  segments: OpenSegment[],
  piece: string,
  { beforeDigit }: { readonly beforeDigit: boolean },
): void {
  const last = segments.at(-1);
  if (piece === "" || isDigitAt(piece, 0)) {
    last?.numbers.push(piece);
    return;
  }
  const whole = beforeDigit ? (ABBREVIATIONS.get(piece) ?? piece) : piece;
  const word = ALIASES.get(whole) ?? whole;
  const isFree = segments.length > 1 && last?.word === undefined && last?.numbers.length === 0;
  if (isFree && last !== undefined) last.word = word;
  else segments.push({ word, numbers: [] });
}

/** Leaves out zeros and empty words before a hyphen or the end, from the end to the beginning. */
function withoutNulls(segments: readonly OpenSegment[]): readonly MavenSegment[] {
  const kept: MavenSegment[] = [];
  for (let index = segments.length - 1; index >= 0; index -= 1) {
    const segment = segments[index];
    if (segment === undefined) continue;
    const { word, numbers } = segment;
    while (isZero(numbers.at(-1))) numbers.pop();
    const following = kept.at(-1);
    const isNull = numbers.length === 0 && (word === "" || (word === undefined && !isNumeric(following)));
    if (index === 0 || !isNull) kept.push(segment);
  }
  return kept.toReversed();
}

function isNumeric(segment: MavenSegment | undefined): boolean {
  return segment !== undefined && segment.word === undefined;
}

function isZero(digits: string | undefined): boolean {
  return digits !== undefined && /^0*$/u.test(digits);
}

function isDigitAt(text: string, at: number): boolean {
  return isDigitCode(text.charCodeAt(at));
}
