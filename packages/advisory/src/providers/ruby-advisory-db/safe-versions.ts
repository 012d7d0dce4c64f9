import { ecosystem, type VersionRange } from "@pratique/core";
import { schemeOf } from "@pratique/versioning";

/**
 * A place between versions: right before one or right after it. Sets of versions are stretches between two of them;
 * without a place, a stretch has no beginning or no end.
 */
interface Cut {
  readonly version: string;
  readonly isAfter: boolean;
}

interface Stretch {
  readonly from?: Cut | undefined;
  readonly to?: Cut | undefined;
}

const COMPARATOR = /^(?<operator>>=|<=|~>|>|<|=)? *(?<version>[0-9A-Za-z.-]+)$/u;

/**
 * The stretches of versions that are left when those are taken away which satisfy any of the requirements: each is a
 * list of comparisons that hold together, `~> 2.3.4, >= 2.3.7` (RubyGems, `Gem::Requirement`). Undefined where a
 * requirement cannot be read.
 */
export function rangesOutside(requirements: readonly string[]): readonly VersionRange[] | undefined {
  const safe: Stretch[] = [];
  for (const requirement of requirements) {
    const stretch = readRequirement(requirement);
    if (stretch === undefined) return undefined;
    if (!isEmpty(stretch)) safe.push(stretch);
  }
  return complement(safe.sort((left, right) => compareBeginnings(left.from, right.from)));
}

function readRequirement(requirement: string): Stretch | undefined {
  let all: Stretch = {};
  for (const part of requirement.split(",")) {
    const one = readComparison(part.trim());
    if (one === undefined) return undefined;
    all = {
      from: compareBeginnings(one.from, all.from) > 0 ? one.from : all.from,
      to: compareEnds(one.to, all.to) < 0 ? one.to : all.to,
    };
  }
  return all;
}

function readComparison(text: string): Stretch | undefined {
  const { operator = "=", version = "" } = COMPARATOR.exec(text)?.groups ?? {};
  if (!gems.isValid(version)) return undefined;
  const before = { version, isAfter: false };
  const after = { version, isAfter: true };
  switch (operator) {
    case ">=":
      return { from: before };
    case ">":
      return { from: after };
    case "<":
      return { to: before };
    case "<=":
      return { to: after };
    case "~>":
      return { from: before, to: { version: nextBranch(version), isAfter: false } };
    default:
      return { from: before, to: after };
  }
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

function complement(safe: readonly Stretch[]): readonly VersionRange[] {
  const ranges: VersionRange[] = [];
  let from: Cut | undefined;
  for (const { from: begin, to } of safe) {
    if (begin !== undefined && compareBeginnings(from, begin) < 0) ranges.push(toRange(from, begin));
    if (to === undefined) return ranges;
    if (compareBeginnings(from, to) < 0) from = to;
  }
  return [...ranges, toRange(from, undefined)];
}

function toRange(from: Cut | undefined, to: Cut | undefined): VersionRange {
  return {
    ...(from !== undefined && { introduced: from.isAfter ? `${from.version}${BARELY_ABOVE}` : from.version }),
    ...(to !== undefined && (to.isAfter ? { lastAffected: to.version } : { fixed: to.version })),
  };
}

/** A range begins with a version; no gem has one so close above another. */
const BARELY_ABOVE = ".0.0.0.1";

function isEmpty({ from, to }: Stretch): boolean {
  return from !== undefined && to !== undefined && compareCuts(from, to) >= 0;
}

function compareBeginnings(left: Cut | undefined, right: Cut | undefined): number {
  if (left === undefined || right === undefined)
    return Number(left !== undefined) - Number(right !== undefined);
  return compareCuts(left, right);
}

function compareEnds(left: Cut | undefined, right: Cut | undefined): number {
  if (left === undefined || right === undefined)
    return Number(left === undefined) - Number(right === undefined);
  return compareCuts(left, right);
}

function compareCuts(left: Cut, right: Cut): number {
  return gems.compare(left.version, right.version) || Number(left.isAfter) - Number(right.isAfter);
}

const gems = schemeOfGems();

function schemeOfGems() {
  const scheme = schemeOf(ecosystem("RubyGems"));
  if (scheme === undefined) throw new Error("no scheme orders the versions of gems");
  return scheme;
}
