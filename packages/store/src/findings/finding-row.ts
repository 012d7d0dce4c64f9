import {
  type Digest,
  type Finding,
  type Package,
  parseDigest,
  riskOf,
  type ScanReport,
  type Severity,
  severities,
} from "@pratique/core";
import type { Insertable, Selectable } from "kysely";
import type { FindingTable } from "../schema.ts";

/** A row that is not stored yet. */
export type NewFinding = Omit<Insertable<FindingTable>, "number" | "image_id" | "risk" | "open_since"> &
  Pick<Selectable<FindingTable>, "risk">;

/** One finding in a list. */
export interface StoredFinding {
  readonly imageId: Digest;
  /** What the image was called when it was last scanned. */
  readonly reference: string;
  readonly id: string;
  readonly packageName: string;
  readonly packageVersion: string;
  readonly packageType: string;
  readonly severity: Severity;
  readonly status: string;
  readonly fixedVersion?: string;
  readonly knownExploited: boolean;
  readonly epss?: number;
  readonly source: string;
  /** ISO 8601: the scan that first found it in this image. */
  readonly firstSeen: string;
  /** The score of what the finding brings itself: how its image runs is not in it. */
  readonly risk: number;
  readonly suppressedBy?: string;
}

/** 5 for critical down to 0 for unknown, so that the worst is the largest. */
export function rankOf(severity: Severity): number {
  return severities.length - 1 - severities.indexOf(severity);
}

export function severityOf(rank: number): Severity {
  return severities[severities.length - 1 - rank] ?? "unknown";
}

/** The findings of a report as rows, new ones as first seen at a time. Those of one package that lies in several places become one: the worst. */
export function findingRowsOf(report: ScanReport, at = report.scannedAt): readonly NewFinding[] {
  const packages = new Map(report.packages.map((found) => [found.id, found]));
  const firstSeen = new Date(at).toISOString();
  const rows = new Map<string, NewFinding>();
  for (const finding of report.findings) {
    const found = packages.get(finding.packageId);
    const row = rowOf(finding, {
      name: found?.name ?? finding.packageId,
      version: found?.version ?? "",
      type: found?.type ?? "",
      firstSeen,
    });
    const key = keyOf(row);
    const other = rows.get(key);
    if (other === undefined || weightOf(row) > weightOf(other)) rows.set(key, row);
  }
  return [...rows.values()];
}

/** What makes two rows of one image the same finding. */
export function keyOf(row: NewFinding): string {
  return JSON.stringify([row.id, row.package_name, row.package_version, row.package_type]);
}

/** A finding of a package, whatever the image, that came up at a time. */
export function affectedRowOf(
  finding: Omit<Finding, "packageId">,
  { name, version, type }: Pick<Package, "name" | "version" | "type">,
  at: string,
): NewFinding {
  const row = rowOf({ ...finding, packageId: "" }, { name, version, type, firstSeen: at });
  return { ...row, affected_at: at };
}

interface Place {
  readonly name: string;
  readonly version: string;
  readonly type: string;
  readonly firstSeen: string;
}

function rowOf(finding: Finding, { name, version, type, firstSeen }: Place): NewFinding {
  return {
    id: storable(finding.id),
    package_name: storable(name),
    package_version: storable(version),
    package_type: storable(type),
    severity: rankOf(finding.severity),
    status: finding.status,
    fixed_version: finding.fixedVersion === undefined ? null : storable(finding.fixedVersion),
    known_exploited: finding.knownExploited ? 1 : 0,
    epss: finding.epss ?? -1,
    source: storable(finding.source),
    first_seen: firstSeen,
    suppressed_by: finding.suppressed === undefined ? null : storable(finding.suppressed.by),
    risk: riskOf(finding).score,
    affected_at: null,
  };
}

/**
 * The character zero, which not every database can store, and halves of characters become what stands for them;
 * otherwise a row would never be equal to what is read back, and two could become one.
 */
function storable(text: string): string {
  return text.replaceAll("\0", "\uFFFD").toWellFormed();
}

function weightOf({ suppressed_by, severity }: NewFinding): number {
  return (suppressed_by === null ? 10 : 0) + severity;
}

/** Reads the row of a list. */
export function storedFindingOf(
  row: Omit<Selectable<FindingTable>, "number" | "open_since" | "affected_at"> & {
    readonly reference: string | null;
  },
): StoredFinding {
  return {
    imageId: parseDigest(row.image_id),
    reference: row.reference ?? "",
    id: row.id,
    packageName: row.package_name,
    packageVersion: row.package_version,
    packageType: row.package_type,
    severity: severityOf(row.severity),
    status: row.status,
    ...(row.fixed_version !== null && { fixedVersion: row.fixed_version }),
    knownExploited: row.known_exploited === 1,
    ...(row.epss >= 0 && { epss: row.epss }),
    source: row.source,
    firstSeen: row.first_seen,
    risk: row.risk,
    ...(row.suppressed_by !== null && { suppressedBy: row.suppressed_by }),
  };
}
