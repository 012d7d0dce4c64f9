import { compareDigits, compareOrdered } from "../../digits.ts";
import { malformed } from "../../errors.ts";
import type { Ordering, VersionScheme } from "../../scheme.ts";

/**
 * Versions of Python packages, ordered by PEP 440 in any of its permitted spellings. Versions from before
 * PEP 440 (`0.1-bulbasaur`) are not valid: no rule orders them.
 *
 * Written by hand because the library at hand reads parts of a local version as JavaScript numbers: `1e3`
 * becomes 1000, and long digits lose their ends.
 */
export const pep440: VersionScheme = {
  name: "pep440",
  ecosystems: ["PyPI"],
  isValid: (text) => PATTERN.test(text),
  compare(left, right) {
    const a = parse(left);
    const b = parse(right);
    return (
      compareDigits(a.epoch, b.epoch) ||
      compareReleases(a.release, b.release) ||
      compareMarks(a.pre, b.pre) ||
      compareMarks(a.post, b.post) ||
      compareMarks(a.dev, b.dev) ||
      compareLocals(a.local, b.local)
    );
  },
};

/**
 * One of the parts after the release. Parts of one kind are ordered by rank first, which also places the
 * versions that lack the part, then by number.
 */
interface Mark {
  readonly rank: number;
  readonly digits: string;
}

interface PythonVersion {
  readonly epoch: string;
  readonly release: readonly string[];
  readonly pre: Mark;
  readonly post: Mark;
  readonly dev: Mark;
  /** Empty where there is no local version: none sorts before any. */
  readonly local: readonly string[];
}

/** PEP 440, appendix B, without regard to case and to white space around it. */
const PATTERN = new RegExp(
  String.raw`^\s*v?(?:(?<epoch>\d+)!)?(?<release>\d+(?:\.\d+)*)` +
    String.raw`(?<pre>[-_.]?(?<preName>alpha|a|beta|b|preview|pre|c|rc)[-_.]?(?<preDigits>\d+)?)?` +
    String.raw`(?<post>-(?<implicitPost>\d+)|[-_.]?(?:post|rev|r)[-_.]?(?<postDigits>\d+)?)?` +
    String.raw`(?<dev>[-_.]?dev[-_.]?(?<devDigits>\d+)?)?` +
    String.raw`(?:\+(?<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?\s*$`,
  "iu",
);

const PRE_RANKS: Readonly<Record<string, number>> = {
  a: 1,
  alpha: 1,
  b: 2,
  beta: 2,
  c: 3,
  rc: 3,
  pre: 3,
  preview: 3,
};

/** The place of a version without the part: before all that have it, or after. */
const BEFORE: Mark = { rank: 0, digits: "" };
const AFTER: Mark = { rank: 9, digits: "" };

function parse(text: string): PythonVersion {
  const groups = PATTERN.exec(text)?.groups;
  if (groups === undefined) throw malformed("pep440", text);
  const { epoch = "", release = "", pre, preName = "", post, dev, local } = groups;
  return {
    epoch,
    release: release.split("."),
    pre: preMark(pre === undefined ? undefined : preName.toLowerCase(), groups),
    post: post === undefined ? BEFORE : { rank: 1, digits: groups.implicitPost ?? groups.postDigits ?? "" },
    dev: dev === undefined ? AFTER : { rank: 1, digits: groups.devDigits ?? "" },
    local: local === undefined ? [] : local.toLowerCase().split(/[-_.]/u),
  };
}

/** A development release of the release itself (`1.0.dev1`) comes before its first alpha. */
function preMark(name: string | undefined, groups: Readonly<Record<string, string | undefined>>): Mark {
  const { post, dev, preDigits = "" } = groups;
  if (name !== undefined) return { rank: PRE_RANKS[name] ?? 0, digits: preDigits };
  return post === undefined && dev !== undefined ? BEFORE : AFTER;
}

function compareReleases(left: readonly string[], right: readonly string[]): Ordering {
  for (let index = 0; index < left.length || index < right.length; index += 1) {
    const order = compareDigits(left[index] ?? "", right[index] ?? "");
    if (order !== 0) return order;
  }
  return 0;
}

function compareMarks(left: Mark, right: Mark): Ordering {
  return compareOrdered(left.rank, right.rank) || compareDigits(left.digits, right.digits);
}

function compareLocals(left: readonly string[], right: readonly string[]): Ordering {
  for (const [index, a] of left.entries()) {
    const b = right[index];
    if (b === undefined) return 1;
    const order = compareLocalParts(a, b);
    if (order !== 0) return order;
  }
  return compareOrdered(left.length, right.length);
}

/** Numbers come after words (PEP 440, "Local version identifiers"). */
function compareLocalParts(left: string, right: string): Ordering {
  const leftIsNumber = NUMBER.test(left);
  const rightIsNumber = NUMBER.test(right);
  if (leftIsNumber && rightIsNumber) return compareDigits(left, right);
  if (leftIsNumber !== rightIsNumber) return leftIsNumber ? 1 : -1;
  return compareOrdered(left, right);
}

const NUMBER = /^\d+$/u;
