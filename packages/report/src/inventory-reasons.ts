import type { AssessmentCode, AssessmentReason, ScanReport } from "@pratique/core";

/** Reasons that speak of advisories: what is installed may be known all the same. */
const OF_ADVISORIES: ReadonlySet<AssessmentCode> = new Set([
  "ADVISORIES_MISSING",
  "ADVISORIES_STALE",
  "ADVISORIES_STARTER_ONLY",
  "DISTRO_UNSUPPORTED",
  "VERSION_UNPARSED",
]);

/** Why the list of packages may not be whole, or not be right. */
export function inventoryReasons({ assessment }: ScanReport): readonly AssessmentReason[] {
  return assessment.reasons.filter(({ code }) => !OF_ADVISORIES.has(code));
}
