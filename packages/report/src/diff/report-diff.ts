import {
  type AssessmentReason,
  type AssessmentState,
  compareSeverity,
  type Digest,
  type Finding,
  type FindingStatus,
  isFromDistribution,
  type Package,
  type PackageType,
  type ScanReport,
  type Severity,
} from "@pratique/core";
import { cveOf } from "../by-cve.ts";

/** One of the two reports that are compared. */
export interface DiffSide {
  readonly reference: string;
  readonly digest?: Digest;
  readonly scannedAt: string;
  readonly assessment: { readonly state: AssessmentState; readonly reasons: readonly AssessmentReason[] };
  readonly packages: number;
}

/** A package that is not the same on both sides: its versions before and after, of which one may be none. */
export interface PackageChange {
  readonly type: PackageType;
  readonly name: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/**
 * Why a finding is new or gone: its package came, went or changed; a rule of the user began or ended to suppress it;
 * or the package is the same, and what is known of it is not.
 */
export type DiffCause =
  | "package-added"
  | "package-removed"
  | "package-changed"
  | "suppression"
  | "advisories";

/** One vulnerability in what was built from one source package. */
export interface DiffFinding {
  readonly id: string;
  readonly type: PackageType;
  /** The source package where advisories speak of sources. */
  readonly name: string;
  readonly versions: readonly string[];
  readonly packages: readonly string[];
  readonly severity: Severity;
  readonly status: FindingStatus;
  readonly fixedVersion?: string;
  readonly knownExploited: boolean;
  readonly cause?: DiffCause;
}

/** What became of one image, or what is different in another. */
export interface ReportDiff {
  readonly schemaVersion: 1;
  readonly before: DiffSide;
  readonly after: DiffSide;
  readonly packages: {
    readonly added: readonly PackageChange[];
    readonly removed: readonly PackageChange[];
    readonly changed: readonly PackageChange[];
  };
  readonly findings: {
    readonly new: readonly DiffFinding[];
    readonly gone: readonly DiffFinding[];
    readonly still: readonly DiffFinding[];
  };
}

/**
 * Compares two reports. Packages are the same by type and name, findings by CVE (or their own id) and source package:
 * an update that does not help leaves a finding `still` there. Suppressed findings do not count.
 */
export function diffReports(before: ScanReport, after: ScanReport): ReportDiff {
  const old = groupsOf(before);
  const now = groupsOf(after);
  const fresh = [...now.open].filter(([key]) => !old.open.has(key));
  const gone = [...old.open].filter(([key]) => !now.open.has(key));
  const still = [...now.open].filter(([key]) => old.open.has(key));
  return {
    schemaVersion: 1,
    before: sideOf(before),
    after: sideOf(after),
    packages: packageChanges(before.packages, after.packages),
    findings: {
      new: fresh
        .map(([key, group]) =>
          describe(group, causeOf(key, { group, here: now, there: old }) ?? "package-added"),
        )
        .sort(compare),
      gone: gone
        .map(([key, group]) =>
          describe(group, causeOf(key, { group, here: old, there: now }) ?? "package-removed"),
        )
        .sort(compare),
      still: still.map(([, group]) => describe(group)).sort(compare),
    },
  };
}

function sideOf({ target, scannedAt, assessment, packages }: ScanReport): DiffSide {
  return {
    reference: target.reference,
    ...(target.digest === undefined ? {} : { digest: target.digest }),
    scannedAt,
    assessment: { state: assessment.state, reasons: assessment.reasons },
    packages: packages.length,
  };
}

function packageChanges(before: readonly Package[], after: readonly Package[]): ReportDiff["packages"] {
  const old = Map.groupBy(before, nameKey);
  const now = Map.groupBy(after, nameKey);
  const added: PackageChange[] = [];
  const removed: PackageChange[] = [];
  const changed: PackageChange[] = [];
  for (const key of new Set([...old.keys(), ...now.keys()])) {
    const there = old.get(key) ?? [];
    const here = now.get(key) ?? [];
    const [first] = here.length > 0 ? here : there;
    if (first === undefined) continue;
    const change = { type: first.type, name: first.name, before: versionsOf(there), after: versionsOf(here) };
    if (change.before.length === 0) added.push(change);
    else if (change.after.length === 0) removed.push(change);
    else if (JSON.stringify(change.before) !== JSON.stringify(change.after)) changed.push(change);
  }
  return {
    added: added.sort(compareNames),
    removed: removed.sort(compareNames),
    changed: changed.sort(compareNames),
  };
}

function nameKey({ type, name }: Package): string {
  return JSON.stringify([type, name]);
}

function versionsOf(packages: readonly Package[]): readonly string[] {
  return [...new Set(packages.map(({ version }) => version))].sort();
}

/** The findings of one vulnerability in one source package. */
interface Group {
  readonly id: string;
  readonly source: Source;
  readonly findings: Finding[];
  readonly owners: Package[];
}

interface Source {
  readonly key: string;
  readonly type: PackageType;
  readonly name: string;
  readonly version: string;
}

interface Groups {
  readonly open: ReadonlyMap<string, Group>;
  readonly suppressed: ReadonlySet<string>;
  /** The versions of each source package, in a text that is the same for the same ones. */
  readonly versions: ReadonlyMap<string, string>;
}

function groupsOf(report: ScanReport): Groups {
  const owners = new Map(report.packages.map((member) => [member.id, member]));
  const open = new Map<string, Group>();
  const suppressed = new Set<string>();
  for (const finding of report.findings) {
    const owner = owners.get(finding.packageId);
    if (owner === undefined) continue;
    const source = sourceOf(owner);
    const id = cveOf(finding);
    const key = JSON.stringify([id, source.key]);
    if (finding.suppressed !== undefined) suppressed.add(key);
    else {
      const group = open.get(key) ?? { id, source, findings: [], owners: [] };
      group.findings.push(finding);
      group.owners.push(owner);
      open.set(key, group);
    }
  }
  return { open, suppressed, versions: sourceVersions(report.packages) };
}

function sourceOf({ type, name, version, source }: Package): Source {
  const built = source !== undefined && isFromDistribution(type) ? source : { name, version };
  return { key: JSON.stringify([type, built.name]), type, name: built.name, version: built.version };
}

function sourceVersions(packages: readonly Package[]): ReadonlyMap<string, string> {
  const versions = new Map<string, Set<string>>();
  for (const member of packages) {
    const { key, version } = sourceOf(member);
    const set = versions.get(key);
    if (set === undefined) versions.set(key, new Set([version]));
    else set.add(version);
  }
  return new Map([...versions].map(([key, set]) => [key, JSON.stringify([...set].sort())]));
}

interface Sides {
  readonly group: Group;
  /** The side that has the finding, and the one that has not. */
  readonly here: Groups;
  readonly there: Groups;
}

/** Undefined where the side that has not the finding has not the package either. */
function causeOf(key: string, { group: { source }, here, there }: Sides): DiffCause | undefined {
  const other = there.versions.get(source.key);
  if (other === undefined) return undefined;
  if (there.suppressed.has(key)) return "suppression";
  return other === here.versions.get(source.key) ? "advisories" : "package-changed";
}

function describe({ id, source, findings, owners }: Group, cause?: DiffCause): DiffFinding {
  const [worst] = findings.toSorted((left, right) => compareSeverity(left.severity, right.severity));
  const { severity = "unknown", status = "affected", fixedVersion } = worst ?? {};
  return {
    id,
    type: source.type,
    name: source.name,
    versions: [...new Set(owners.map((owner) => sourceOf(owner).version))].sort(),
    packages: [...new Set(owners.map(({ name }) => name))].sort(),
    severity,
    status,
    ...(fixedVersion === undefined ? {} : { fixedVersion }),
    knownExploited: findings.some(({ knownExploited }) => knownExploited),
    ...(cause === undefined ? {} : { cause }),
  };
}

function compare(left: DiffFinding, right: DiffFinding): number {
  return (
    compareSeverity(left.severity, right.severity) ||
    Number(right.knownExploited) - Number(left.knownExploited) ||
    compareNames(left, right) ||
    compareText(left.id, right.id)
  );
}

interface Named {
  readonly type: PackageType;
  readonly name: string;
}

function compareNames(left: Named, right: Named): number {
  return compareText(left.name, right.name) || compareText(left.type, right.type);
}

function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
