import {
  compareSeverity,
  type Finding,
  type FindingStatus,
  type Package,
  type ScanReport,
} from "@pratique/core";
import type { FindingOrder, RenderContext } from "./report-format.ts";

/** One line of the table: a vulnerability in everything that was built from one source package. */
export interface FindingRow {
  readonly finding: Finding;
  /** What people upgrade: the source package's name, or the package's own. */
  readonly name: string;
  readonly version: string;
  readonly packages: readonly Package[];
}

/** Joins the findings of binary packages that come from one source, worst first. Suppressed ones are left out. */
export function findingRows(
  report: ScanReport,
  { sort = "severity" }: Pick<RenderContext, "sort"> = {},
): readonly FindingRow[] {
  const byId = new Map(report.packages.map((member) => [member.id, member]));
  const rows = new Map<
    string,
    { -readonly [Key in keyof FindingRow]: FindingRow[Key] } & { packages: Package[] }
  >();
  for (const finding of report.findings) {
    const owner = byId.get(finding.packageId);
    if (owner === undefined || finding.suppressed !== undefined) continue;
    const { name, version } = owner.source ?? owner;
    const key = JSON.stringify([finding.id, owner.type, name, version, finding.status, finding.confidence]);
    const row = rows.get(key);
    if (row === undefined) rows.set(key, { finding, name, version, packages: [owner] });
    else row.packages.push(owner);
    if (row !== undefined && scoreOf(finding) > scoreOf(row.finding)) row.finding = finding;
  }
  const compare = comparisons[sort];
  // What is equal stays in the order of severities.
  return [...rows.values()].sort((left, right) => compare(left, right) || compareRows(left, right));
}

function scoreOf({ risk }: Finding): number {
  return risk?.score ?? 0;
}

const comparisons: Readonly<Record<FindingOrder, (left: FindingRow, right: FindingRow) => number>> = {
  epss: (left, right) => (right.finding.epss ?? -1) - (left.finding.epss ?? -1),
  package: (left, right) => compareText(left.name, right.name) || compareText(left.version, right.version),
  risk: (left, right) => scoreOf(right.finding) - scoreOf(left.finding),
  severity: () => 0,
  vulnerability: (left, right) => compareText(left.finding.id, right.finding.id),
};

/** What the column "fixed in" says. */
export const statusWords: Readonly<Record<FindingStatus, string>> = {
  fixed: "fixed",
  affected: "no fix yet",
  "will-not-fix": "will not be fixed",
  "fix-deferred": "fix deferred",
  "under-investigation": "being looked at",
  "end-of-life": "end of life",
};

function compareRows(left: FindingRow, right: FindingRow): number {
  return (
    compareSeverity(left.finding.severity, right.finding.severity) ||
    Number(right.finding.knownExploited) - Number(left.finding.knownExploited) ||
    (right.finding.epss ?? 0) - (left.finding.epss ?? 0) ||
    compareText(left.name, right.name) ||
    compareText(left.finding.id, right.finding.id)
  );
}

function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
