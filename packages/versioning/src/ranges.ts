import type { VersionRange } from "@pratique/core";
import { VersionError } from "./errors.ts";
import type { VersionScheme } from "./scheme.ts";

/** As a bound, `0` stands for "before every version" in OSV and in the feeds of distributions. */
const BEFORE_ALL = "0";

/** Which versions somebody calls affected: all in any of the ranges, and those listed. */
export interface AffectedVersions {
  readonly ranges: readonly VersionRange[];
  readonly versions?: readonly string[];
}

/**
 * Tells whether a version is affected: when it lies in any range, or equals any listed version. `introduced`
 * is inside and `0` (or none) means from the first version on; `fixed` is outside, and a fix in `0` means
 * "never affected"; `lastAffected` is inside (OSV schema, "affected[].ranges[].events").
 *
 * Throws `VERSION_MALFORMED` when the version or a bound cannot be parsed and nothing else settles the answer:
 * what is unknown is never "no". A listed version that cannot be parsed counts only where it is the very same
 * text.
 */
export function isAffected(scheme: VersionScheme, version: string, affected: AffectedVersions): boolean {
  const { ranges, versions = [] } = affected;
  if (versions.includes(version)) return true;
  let unknown: VersionError | undefined;
  for (const range of ranges) {
    try {
      if (isInRange(scheme, version, range)) return true;
    } catch (error) {
      if (!(error instanceof VersionError)) throw error;
      unknown ??= error;
    }
  }
  if (isListed(scheme, version, versions)) return true;
  if (unknown !== undefined) throw unknown;
  return false;
}

/** Tells whether a version lies in one range. Throws `VERSION_MALFORMED` as {@link isAffected} does. */
export function isInRange(scheme: VersionScheme, version: string, range: VersionRange): boolean {
  const { introduced = BEFORE_ALL, fixed, lastAffected } = range;
  const compare = scheme.compareToBound ?? scheme.compare;
  if (fixed === BEFORE_ALL) return false;
  if (introduced !== BEFORE_ALL && compare(version, introduced) < 0) return false;
  if (fixed !== undefined && compare(version, fixed) >= 0) return false;
  return lastAffected === undefined || compare(version, lastAffected) <= 0;
}

function isListed(scheme: VersionScheme, version: string, versions: readonly string[]): boolean {
  if (versions.length === 0) return false;
  const compare = scheme.compareToBound ?? scheme.compare;
  return versions.some((listed) => scheme.isValid(listed) && compare(version, listed) === 0);
}
