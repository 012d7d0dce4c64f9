import { type ImageDiff, listFindings } from "@pratique/api";
import type { Digest, Finding, Package, PackageType, ScanReport } from "@pratique/core";
import { packageTypes } from "@pratique/core";
import { diffReports, type ReportDiff } from "@pratique/report";
import type { PastFinding } from "@pratique/store";

const status = listFindings.reply.shape.items.element.shape.status;

/** A report, and the image and the moment that it is of. */
export interface DiffedReport {
  readonly imageId: Digest;
  readonly at: string;
  readonly report: ScanReport;
}

/** What is different in the report of another image, or of the same at another time. */
export function imageDiffOf(before: DiffedReport, after: DiffedReport): ImageDiff {
  const diff = diffReports(before.report, after.report);
  const { packages, findings } = diff;
  return {
    before: sideOf(before, diff.before),
    after: sideOf(after, diff.after),
    packages: {
      added: packages.added.map(changeOf),
      removed: packages.removed.map(changeOf),
      changed: packages.changed.map(changeOf),
    },
    findings: {
      new: findings.new.map(findingOf),
      gone: findings.gone.map(findingOf),
      still: findings.still.length,
    },
  };
}

/** The report of an image with the findings that it had at another time: what is in an image does not change. */
export function reportAt(report: ScanReport, past: readonly PastFinding[]): ScanReport {
  const known = new Map(report.packages.map((member) => [keyOf(member), member]));
  const gone = new Map<string, Package>();
  const findings = past.map((finding): Finding => {
    const { packageName: name, packageVersion: version, packageType: type } = finding;
    const key = keyOf({ name, version, type });
    const owner = known.get(key) ?? gone.get(key) ?? packageOf(finding, key);
    if (!known.has(key)) gone.set(key, owner);
    return {
      id: finding.id,
      aliases: [],
      packageId: owner.id,
      severity: finding.severity,
      status: status.catch("affected").parse(finding.status),
      ...(finding.fixedVersion !== undefined && { fixedVersion: finding.fixedVersion }),
      knownExploited: finding.knownExploited,
      source: "",
      advisory: finding.id,
    };
  });
  return { ...report, packages: [...report.packages, ...gone.values()], findings };
}

function sideOf({ imageId, at }: DiffedReport, side: ReportDiff["before"]): ImageDiff["before"] {
  const { reference, assessment, packages } = side;
  return { imageId, reference, at, assessment: assessment.state, packages };
}

function changeOf({
  type,
  name,
  before,
  after,
}: ReportDiff["packages"]["added"][number]): ImageDiff["packages"]["added"][number] {
  return { type, name, before: [...before], after: [...after] };
}

function findingOf(finding: ReportDiff["findings"]["new"][number]): ImageDiff["findings"]["new"][number] {
  return { ...finding, versions: [...finding.versions], packages: [...finding.packages] };
}

function keyOf({ type, name, version }: { type: string; name: string; version: string }): string {
  return JSON.stringify([type, name, version]);
}

/** A package that was found in the image once, and is called otherwise by now. */
function packageOf(
  { packageName: name, packageVersion: version, packageType }: PastFinding,
  id: string,
): Package {
  const type: PackageType = packageTypes.find((known) => known === packageType) ?? "generic";
  return { id, type, name, version, purl: "", paths: [] };
}
