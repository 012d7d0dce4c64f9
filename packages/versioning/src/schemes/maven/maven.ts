import { RecentMap } from "@pratique/core";
import { compareDigits, compareOrdered } from "../../digits.ts";
import { malformed } from "../../errors.ts";
import type { Ordering, VersionScheme } from "../../scheme.ts";
import { type MavenSegment, segmentsOf } from "./segments.ts";

/**
 * Versions of Maven artifacts, ordered as Maven's own `ComparableVersion` orders them (Maven POM reference,
 * "Version Order Specification"). Any text of letters, digits and `.`, `-`, `_`, `+`, `~` that begins with a letter
 * or a digit is a version.
 *
 * Maven contradicts itself where a word stands behind a dot and something else behind the word, and where nothing but
 * zeros stands between two hyphens: it has `1.0.alpha.1 < 1 < 1-sp < 1.0.alpha.1`. There the specification decides: a
 * dot before a word is a hyphen, and a part without weight is left out.
 */
export const maven: VersionScheme = {
  name: "maven",
  ecosystems: ["Maven"],
  isValid: (text) => PATTERN.test(text),
  compare(left, right) {
    return compareSegments(parse(left), parse(right));
  },
};

const PATTERN = /^[0-9A-Za-z][0-9A-Za-z._+~-]*$/u;

/** Known words in their order; the empty one is the release itself, and unknown words come after all of them. */
const WORDS = ["alpha", "beta", "milestone", "rc", "snapshot", "", "sp"];

/** A package is compared to many bounds, and a bound to many packages: what was taken apart lately is kept. */
const recent = new RecentMap<string, readonly MavenSegment[]>(2000);
const MAX_KEPT_LENGTH = 64;

function parse(text: string): readonly MavenSegment[] {
  const known = recent.get(text);
  if (known !== undefined) return known;
  if (!PATTERN.test(text)) throw malformed("maven", text);
  const segments = segmentsOf(text.toLowerCase());
  if (text.length <= MAX_KEPT_LENGTH) recent.set(text, segments);
  return segments;
}

function compareSegments(left: readonly MavenSegment[], right: readonly MavenSegment[]): Ordering {
  for (let index = 0; index < left.length || index < right.length; index += 1) {
    const order = compareSegment(left[index], right[index]);
    if (order !== 0) return order;
  }
  return 0;
}

/** A word is below any number; where nothing stands, the release stands. */
function compareSegment(left: MavenSegment | undefined, right: MavenSegment | undefined): Ordering {
  const order = compareWords(left, right);
  return order === 0 ? compareNumbers(left?.numbers ?? [], right?.numbers ?? []) : order;
}

function compareWords(left: MavenSegment | undefined, right: MavenSegment | undefined): Ordering {
  if (left?.word === undefined && right?.word === undefined) return 0;
  if (left !== undefined && left.word === undefined) return 1;
  if (right !== undefined && right.word === undefined) return -1;
  const a = left?.word ?? "";
  const b = right?.word ?? "";
  const order = compareOrdered(rankOf(a), rankOf(b));
  return order === 0 ? compareOrdered(a, b) : order;
}

function rankOf(word: string): number {
  const known = WORDS.indexOf(word);
  return known < 0 ? WORDS.length : known;
}

/** Zeros at the end are gone already, so the longer one has something that counts. */
function compareNumbers(left: readonly string[], right: readonly string[]): Ordering {
  const shared = Math.min(left.length, right.length);
  for (let index = 0; index < shared; index += 1) {
    const order = compareDigits(left[index] ?? "", right[index] ?? "");
    if (order !== 0) return order;
  }
  return compareOrdered(left.length, right.length);
}
