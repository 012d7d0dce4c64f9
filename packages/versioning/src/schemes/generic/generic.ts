import { compareDigits, compareOrdered } from "../../digits.ts";
import { malformed } from "../../errors.ts";
import { comparePrereleases } from "../../prerelease.ts";
import type { VersionScheme } from "../../scheme.ts";

/**
 * Versions of programs as their makers number them, each by a custom of its own: `1.1.1k` of OpenSSL, `9.9p2` of OpenSSH,
 * `3.13.0rc1` of Python, `21.0.13.1` of OpenJDK. What Semantic Versioning 2.0.0 says (section 11) holds, and beyond it:
 *
 * - There may be any number of numbers; those that are missing are zero. `_` stands between numbers as a dot does.
 * - A word right behind the numbers, or behind a hyphen, is a pre-release where it says so (`alpha`, `a1`, `beta`, `b2`,
 *   `dev`, `pre`, `preview`, `rc`…). Right behind the numbers any other is a release that came later: `1.1.1 < 1.1.1a`;
 *   behind a hyphen, only `p1` and its like are.
 * - Capital letters count as small ones, and `rc.1` as `rc1`.
 */
export const generic: VersionScheme = {
  name: "generic",
  ecosystems: ["Bitnami", "NVD"],
  isValid: (text) => PATTERN.test(text),
  compare(left, right) {
    const a = parse(left);
    const b = parse(right);
    for (let at = 0; at < Math.max(a.numbers.length, b.numbers.length); at += 1) {
      const order = compareDigits(a.numbers[at] ?? "", b.numbers[at] ?? "");
      if (order !== 0) return order;
    }
    return compareOrdered(a.stage, b.stage) || comparePrereleases(a.identifiers, b.identifiers);
  },
};

/** Where a version stands to the release with its numbers. */
const BEFORE = -1;
const RELEASE = 0;
const AFTER = 1;

interface ProgramVersion {
  readonly numbers: readonly string[];
  readonly stage: typeof BEFORE | typeof RELEASE | typeof AFTER;
  /** Runs of digits and runs of letters; none of a release. */
  readonly identifiers: readonly string[];
}

const IDENTIFIERS = String.raw`[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*`;

const PATTERN = new RegExp(
  String.raw`^[v=\s]*(?<numbers>\d+(?:[._]\d+)*)(?<glued>[A-Za-z][0-9A-Za-z]*(?:\.[0-9A-Za-z]+)*)?` +
    String.raw`(?:-(?<hyphened>${IDENTIFIERS}))?(?:\+${IDENTIFIERS})?\s*$`,
  "u",
);

const PRERELEASE = /^(?:[abc]\d|alpha|beta|dev|ea|m\d|next|nightly|pre|preview|rc|snapshot)/u;
const PATCH = /^(?:p|pl|patch|sp)\d+$/u;

function parse(text: string): ProgramVersion {
  const groups = PATTERN.exec(text)?.groups;
  if (groups === undefined) throw malformed("generic", text);
  const numbers = (groups.numbers ?? "").split(/[._]/u);
  const glued = groups.glued?.toLowerCase();
  const hyphened = groups.hyphened?.toLowerCase();
  if (glued !== undefined) {
    return { numbers, stage: PRERELEASE.test(glued) ? BEFORE : AFTER, identifiers: identifiersOf(glued) };
  }
  if (hyphened === undefined) return { numbers, stage: RELEASE, identifiers: [] };
  return { numbers, stage: PATCH.test(hyphened) ? AFTER : BEFORE, identifiers: identifiersOf(hyphened) };
}

const SHORT: ReadonlyMap<string, string> = new Map([
  ["a", "alpha"],
  ["b", "beta"],
  ["c", "rc"],
]);

/** A letter with a number behind it is short for a word: `3.13.0a1`; alone it is a name, as in `1.0.2a`. */
function identifiersOf(text: string): readonly string[] {
  const runs = text.match(/\d+|[a-z]+/gu) ?? [];
  return runs.map((run, at) => (at + 1 < runs.length ? (SHORT.get(run) ?? run) : run));
}
