import { compareOrdered } from "../../digits.ts";
import { malformed } from "../../errors.ts";
import { comparePrereleases, compareSemantic, type SemanticVersion } from "../../prerelease.ts";
import type { Ordering, VersionScheme } from "../../scheme.ts";

/**
 * Versions of Dart's packages, ordered as pub orders them (dart-lang/pub_semver, `Version.compareTo`): Semantic Versioning
 * 2.0.0, but what stands behind `+` counts, and a version with it is above the same without. Short bounds of advisories
 * (`0`, `1.2`) are taken: what is missing is zero.
 */
export const pub: VersionScheme = {
  name: "pub",
  ecosystems: ["Pub"],
  isValid: (text) => PATTERN.test(text),
  compare(left, right) {
    const a = parse(left);
    const b = parse(right);
    return compareSemantic(a, b) || compareBuilds(a.build, b.build);
  },
};

interface PubVersion extends SemanticVersion {
  readonly build: readonly string[];
}

const IDENTIFIERS = String.raw`[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*`;

const PATTERN = new RegExp(
  String.raw`^v?(?<major>\d+)(?:\.(?<minor>\d+)(?:\.(?<patch>\d+))?)?` +
    String.raw`(?:-(?<prerelease>${IDENTIFIERS}))?(?:\+(?<build>${IDENTIFIERS}))?$`,
  "u",
);

function parse(text: string): PubVersion {
  const groups = PATTERN.exec(text)?.groups;
  if (groups === undefined) throw malformed("pub", text);
  const { major = "", minor = "", patch = "", prerelease, build } = groups;
  return { major, minor, patch, prerelease: prerelease?.split(".") ?? [], build: build?.split(".") ?? [] };
}

/** As identifiers of pre-releases, except that none at all is below any. */
function compareBuilds(left: readonly string[], right: readonly string[]): Ordering {
  if (left.length === 0 || right.length === 0) return compareOrdered(left.length, right.length);
  return comparePrereleases(left, right);
}
