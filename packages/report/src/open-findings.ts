import { compareSeverity, type Finding, type Package, type ScanReport, type Severity } from "@pratique/core";

/** A finding with the package that has it. */
export interface OpenFinding {
  readonly finding: Finding;
  readonly owner: Package;
}

/** The findings that no rule of the user took out of the count, each with its package, worst first. */
export function openFindings(report: ScanReport): readonly OpenFinding[] {
  const byId = new Map(report.packages.map((member) => [member.id, member]));
  const open: OpenFinding[] = [];
  for (const finding of report.findings) {
    const owner = byId.get(finding.packageId);
    if (owner !== undefined && finding.suppressed === undefined) open.push({ finding, owner });
  }
  return open.sort((left, right) => compareSeverity(left.finding.severity, right.finding.severity));
}

/** How many findings a rule of the user took out of the count. */
export function suppressedCount(report: ScanReport): number {
  return report.findings.filter(({ suppressed }) => suppressed !== undefined).length;
}

/** How many there are of each severity. */
export function countBySeverity(
  findings: Iterable<{ readonly severity: Severity }>,
): ReadonlyMap<Severity, number> {
  const counts = new Map<Severity, number>();
  for (const { severity } of findings) counts.set(severity, (counts.get(severity) ?? 0) + 1);
  return counts;
}
