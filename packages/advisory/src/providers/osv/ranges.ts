import type { VersionRange } from "@pratique/core";
import { type Fields, listOf, objectOf, textOf } from "../../location/fields.ts";

/** The word for "before the first version" (OSV schema, "affected[].ranges[].events"). */
const FROM_THE_START = "0";

/**
 * The stretches of versions that an `affected` of an OSV record names. Ranges of commits are left out: no package
 * tells the commit that it was built from.
 */
export function readRanges(affected: Fields): readonly VersionRange[] {
  const ranges: VersionRange[] = [];
  for (const item of listOf(affected.ranges)) {
    const range = objectOf(item);
    if (range?.type === "SEMVER" || range?.type === "ECOSYSTEM") ranges.push(...readEvents(range.events));
  }
  return closeByLastKnown(ranges, affected);
}

type End = Pick<VersionRange, "fixed" | "lastAffected">;

/** Pairs the beginnings with the ends in the order given: feeds write them either by turns or in two rows. */
function readEvents(events: unknown): readonly VersionRange[] {
  const starts: string[] = [];
  const ends: End[] = [];
  for (const item of listOf(events)) {
    const event = objectOf(item);
    const introduced = textOf(event?.introduced);
    const fixed = textOf(event?.fixed);
    const lastAffected = textOf(event?.last_affected);
    if (introduced !== undefined) starts.push(introduced);
    if (fixed !== undefined) ends.push({ fixed });
    else if (lastAffected !== undefined) ends.push({ lastAffected });
  }
  return starts.map((introduced, index) => ({
    ...(introduced === FROM_THE_START ? {} : { introduced }),
    ...ends[index],
  }));
}

const LAST_KNOWN = /(?:^|,\s*)(?<operator><=?)\s*(?<version>[^\s,]+)$/u;

/**
 * GitHub tells the end of what is known to be affected, where there is no fix, beside the ranges: without it every
 * later version would seem affected.
 */
function closeByLastKnown(ranges: readonly VersionRange[], affected: Fields): readonly VersionRange[] {
  const known = textOf(objectOf(affected.database_specific)?.last_known_affected_version_range);
  const groups = known === undefined ? undefined : LAST_KNOWN.exec(known)?.groups;
  if (groups?.version === undefined) return ranges;
  const end: End = groups.operator === "<" ? { fixed: groups.version } : { lastAffected: groups.version };
  return ranges.map((range) => (isOpen(range) ? { ...range, ...end } : range));
}

function isOpen({ fixed, lastAffected }: VersionRange): boolean {
  return fixed === undefined && lastAffected === undefined;
}
