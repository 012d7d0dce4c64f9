import { compareDigits, compareOrdered, isDigitCode } from "../../digits.ts";
import { malformed } from "../../errors.ts";
import type { Ordering, VersionScheme } from "../../scheme.ts";

/**
 * Versions of gems, ordered as RubyGems orders them (`Gem::Version#<=>`): runs of digits and of letters are
 * segments, a letter makes a pre-release, a hyphen stands for `.pre.`, and zeros at the end of the numbers do not
 * count. The platform in the name of a gem (`-x86_64-linux`) is no part of its version.
 */
export const gem: VersionScheme = {
  name: "gem",
  ecosystems: ["RubyGems"],
  isValid: (text) => PATTERN.test(text),
  compare(left, right) {
    const a = parse(left);
    const b = parse(right);
    for (let index = 0; index < a.length || index < b.length; index += 1) {
      const order = compareSegments(a[index] ?? MISSING, b[index] ?? MISSING);
      if (order !== 0) return order;
    }
    return 0;
  },
};

/** `Gem::Version::VERSION_PATTERN`; the empty text, which RubyGems takes for zero, says nothing here. */
const PATTERN = /^\s*\d+(?:\.[0-9A-Za-z]+)*(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?\s*$/u;

/** Compared to a number it is zero, and above every word. */
const MISSING = "";

function parse(text: string): readonly string[] {
  if (!PATTERN.test(text)) throw malformed("gem", text);
  const segments = text.replaceAll("-", ".pre.").match(/\d+|[A-Za-z]+/gu) ?? [];
  const firstWord = segments.findIndex((segment) => !isNumber(segment));
  const numbers = firstWord < 0 ? segments : segments.slice(0, firstWord);
  const words = firstWord < 0 ? [] : segments.slice(firstWord);
  return [...withoutZerosAtTheEnd(numbers), ...withoutZerosAtTheEnd(words)];
}

function withoutZerosAtTheEnd(segments: readonly string[]): readonly string[] {
  let end = segments.length;
  while (end > 0 && isZero(segments[end - 1] ?? "")) end -= 1;
  return segments.slice(0, end);
}

function isZero(segment: string): boolean {
  return isNumber(segment) && compareDigits(segment, "0") === 0;
}

function isNumber(segment: string): boolean {
  return segment === MISSING || isDigitCode(segment.charCodeAt(0));
}

/** Words come before numbers, hence pre-releases before their release. */
function compareSegments(left: string, right: string): Ordering {
  const leftIsNumber = isNumber(left);
  const rightIsNumber = isNumber(right);
  if (leftIsNumber && rightIsNumber) return compareDigits(left, right);
  if (leftIsNumber !== rightIsNumber) return leftIsNumber ? 1 : -1;
  return compareOrdered(left, right);
}
