import { ecosystem, type VersionRange } from "@pratique/core";
import { schemeOf } from "@pratique/versioning";
import { branchOf, type Stretch, stretchOf, VersionSets } from "../version-sets.ts";

const COMPARATOR = /^(?<operator>>=|<=|~>|>|<|=)? *(?<version>[0-9A-Za-z.-]+)$/u;

/**
 * The stretches of versions that are left when those are taken away which satisfy any of the requirements: each is a
 * list of comparisons that hold together, `~> 2.3.4, >= 2.3.7` (RubyGems, `Gem::Requirement`). Undefined where a
 * requirement cannot be read.
 */
export function rangesOutside(requirements: readonly string[]): readonly VersionRange[] | undefined {
  return sets.outsideOf(requirements, readComparison);
}

function readComparison(text: string): Stretch | undefined {
  const { operator = "=", version = "" } = COMPARATOR.exec(text)?.groups ?? {};
  if (!gems.isValid(version)) return undefined;
  return stretchOf(operator, version) ?? branchOf(version, nextBranch(version));
}

/**
 * Where `~>` ends: at the first pre-release of the next branch, as `2.4.0.rc1` is none of `~> 2.3.4`. The lowest of all
 * letters stands for it.
 */
function nextBranch(version: string): string {
  const numbers: string[] = [];
  for (const part of version.split(/[.-]/u)) {
    if (!/^\d+$/u.test(part)) break;
    numbers.push(part);
  }
  const kept = numbers.length > 1 ? numbers.slice(0, -1) : numbers;
  const last = BigInt(kept.at(-1) ?? "0") + 1n;
  return [...kept.slice(0, -1), String(last), "A"].join(".");
}

const gems = schemeOfGems();
// No gem has a version so close above another.
const sets = new VersionSets(gems, { barelyAbove: (version) => `${version}.0.0.0.1` });

function schemeOfGems() {
  const scheme = schemeOf(ecosystem("RubyGems"));
  if (scheme === undefined) throw new Error("no scheme orders the versions of gems");
  return scheme;
}
