import type { Assessment, AssessmentCode, AssessmentReason, AssessmentState, Package } from "@pratique/core";

/** Reasons that leave operating system packages without any judgement. */
const UNJUDGED: readonly AssessmentCode[] = [
  "DISTRO_UNKNOWN",
  "DISTRO_UNSUPPORTED",
  "ADVISORIES_MISSING",
  "NO_PACKAGES",
];

/**
 * How far an image could be judged. `complete` only where nothing at all was in the way, `none` where no package
 * could be held against any advisory.
 */
export function assess(
  packages: readonly Package[],
  reasons: readonly AssessmentReason[],
  judgedPackages: number,
): Pick<Assessment, "state" | "reasons"> {
  const all: readonly AssessmentReason[] =
    packages.length > 0
      ? reasons
      : [...reasons, { code: "NO_PACKAGES", message: "no installed packages were found" }];
  return { state: stateOf(all, judgedPackages), reasons: all };
}

function stateOf(reasons: readonly AssessmentReason[], judgedPackages: number): AssessmentState {
  if (reasons.length === 0) return "complete";
  if (judgedPackages === 0 && reasons.some(({ code }) => UNJUDGED.includes(code))) return "none";
  return "partial";
}
