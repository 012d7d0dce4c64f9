import type { AdvisoryIndex, AssessmentCode, AssessmentReason, Finding, ScanReport } from "@pratique/core";
import { assess } from "./assess.ts";
import { match } from "./match.ts";

/** The reasons that tell of the advisories, or that are told anew each time. */
const OF_ADVISORIES: readonly AssessmentCode[] = [
  "ADVISORIES_MISSING",
  "ADVISORIES_STALE",
  "ADVISORIES_STARTER_ONLY",
  "DISTRO_END_OF_LIFE",
  "NO_PACKAGES",
  "VERSION_UNPARSED",
];

/**
 * Holds the packages of a report against other advisories: gives what a scan of the same image would say by them, at the
 * time of the report. What a rule of the user took out of the count stays out. Throws only what the index throws.
 */
export function rematch(report: ScanReport, index: AdvisoryIndex): ScanReport {
  const { packages, target, assessment } = report;
  const { findings, reasons, judgedPackages } = match({ distro: target.distro, packages }, index);
  const told = new Set(reasons.map(keyOf));
  // Of the others some are met while reading, and some each time that packages are matched.
  const read = assessment.reasons.filter(
    (reason) => !OF_ADVISORIES.includes(reason.code) && !told.has(keyOf(reason)),
  );
  return {
    ...report,
    assessment: { ...assess(packages, [...read, ...reasons], judgedPackages), advisories: index.sources },
    findings: suppressAsBefore(findings, report.findings),
  };
}

function keyOf({ code, message }: AssessmentReason): string {
  return `${code}\n${message}`;
}

function suppressAsBefore(findings: readonly Finding[], before: readonly Finding[]): readonly Finding[] {
  const suppressed = new Map<string, NonNullable<Finding["suppressed"]>>();
  for (const { suppressed: by, packageId, id, aliases } of before) {
    if (by === undefined) continue;
    for (const name of [id, ...aliases]) suppressed.set(`${packageId}\n${name}`, by);
  }
  if (suppressed.size === 0) return findings;
  return findings.map((finding) => {
    const by = [finding.id, ...finding.aliases]
      .map((name) => suppressed.get(`${finding.packageId}\n${name}`))
      .find((one) => one !== undefined);
    return by === undefined ? finding : { ...finding, suppressed: by };
  });
}
