import { malformed } from "../../errors.ts";
import { compareSemantic, type SemanticVersion } from "../../prerelease.ts";
import type { VersionScheme } from "../../scheme.ts";

/**
 * Versions of npm packages, crates, and packages of Hex and Swift, ordered by Semantic Versioning 2.0.0, section 11, and
 * read as loosely as npm reads them: a leading `v` or `=`, leading zeros, `1.2.3beta`. Build metadata do not count.
 *
 * Bounds of advisories may stop short (`0`, `1.2`): what is missing is zero. A fourth component and what follows
 * count as build metadata. Numbers have no limit, which is why this is not npm's own library: that one refuses
 * numbers beyond 2^53 and short versions.
 */
export const semver: VersionScheme = {
  name: "semver",
  ecosystems: ["crates.io", "Hex", "npm", "SwiftURL"],
  isValid: (text) => PATTERN.test(text),
  compare(left, right) {
    return compareSemantic(parse(left), parse(right));
  },
};

const IDENTIFIERS = String.raw`[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*`;

/** The pre-release may stand without its hyphen, but only where it begins with a letter. */
const PATTERN = new RegExp(
  String.raw`^[v=\s]*(?<major>\d+)(?:\.(?<minor>\d+)(?:\.(?<patch>\d+)` +
    String.raw`(?:\.\d[0-9A-Za-z.-]*|(?<glued>[A-Za-z][0-9A-Za-z-]*(?:\.[0-9A-Za-z-]+)*))?)?)?` +
    String.raw`(?:-(?<prerelease>${IDENTIFIERS}))?(?:\+${IDENTIFIERS})?\s*$`,
  "u",
);

function parse(text: string): SemanticVersion {
  const groups = PATTERN.exec(text)?.groups;
  if (groups === undefined) throw malformed("semver", text);
  const { major = "", minor = "", patch = "", glued, prerelease = glued } = groups;
  return { major, minor, patch, prerelease: prerelease === undefined ? [] : prerelease.split(".") };
}
