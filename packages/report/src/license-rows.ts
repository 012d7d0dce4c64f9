import {
  compareSeverity,
  type LicenseCategory,
  type LicenseFinding,
  licenseCategories,
  NO_LICENSE,
  type Package,
  type ScanReport,
  type Severity,
} from "@pratique/core";

/** A licence, and the packages that have it. */
export interface LicenseRow {
  readonly license: string;
  readonly category: LicenseCategory;
  readonly severity: Severity;
  /** By name, each once. */
  readonly packages: readonly string[];
}

/** A licence of one package that no rule of the user took out of the count. */
export interface OpenLicense {
  readonly finding: LicenseFinding;
  readonly owner: Package;
}

/** The licences that no rule of the user took out of the count, worst first; undefined where nobody asked for any. */
export function licenseRows(report: ScanReport): readonly LicenseRow[] | undefined {
  if (report.licenses === undefined) return undefined;
  const rows = new Map<string, Omit<LicenseRow, "packages"> & { readonly packages: Set<string> }>();
  for (const { finding, owner } of openLicenses(report)) {
    const { license, category, severity } = finding;
    const row = rows.get(license);
    if (row === undefined)
      rows.set(license, { license, category, severity, packages: new Set([owner.name]) });
    else row.packages.add(owner.name);
  }
  return [...rows.values()]
    .map((row) => ({ ...row, packages: [...row.packages] }))
    .sort(
      (left, right) =>
        compareSeverity(left.severity, right.severity) ||
        licenseCategories.indexOf(left.category) - licenseCategories.indexOf(right.category) ||
        right.packages.length - left.packages.length ||
        (left.license < right.license ? -1 : 1),
    );
}

/** The same, package by package, in the order of the report. */
export function openLicenses({ licenses = [], packages }: ScanReport): readonly OpenLicense[] {
  const owners = new Map(packages.map((member) => [member.id, member]));
  return licenses.flatMap((finding) => {
    const owner = owners.get(finding.packageId);
    return finding.suppressed !== undefined || owner === undefined ? [] : [{ finding, owner }];
  });
}

/** Whether it asks for more than a notice, or nobody knows what it asks for. */
export function asksForMore({ category }: Pick<LicenseFinding, "category">): boolean {
  return category !== "notice" && category !== "permissive" && category !== "unencumbered";
}

/** The name of a licence, for people. */
export function licenseName(license: string): string {
  return license === NO_LICENSE ? "none is told" : license;
}

/** So many are named. */
const MAX_NAMED = 3;

/** `bash, coreutils, dash and 41 more` */
export function packagesText({ packages }: LicenseRow): string {
  const named = packages.slice(0, MAX_NAMED).join(", ");
  return packages.length > MAX_NAMED ? `${named} and ${packages.length - MAX_NAMED} more` : named;
}

/** `12 licenses: 1 forbidden, 8 restricted, 3 notice; 2 suppressed` */
export function licenseSummary(report: ScanReport): string | undefined {
  const rows = licenseRows(report);
  if (rows === undefined) return undefined;
  const hidden = report.licenses?.filter(({ suppressed }) => suppressed !== undefined).length ?? 0;
  const suppressed = hidden === 0 ? "" : `; ${hidden} suppressed`;
  const silent = rows.find(({ license }) => license === NO_LICENSE)?.packages.length ?? 0;
  const none = silent === 0 ? "" : `; ${silent} ${silent === 1 ? "package tells" : "packages tell"} none`;
  const told = rows.filter(({ license }) => license !== NO_LICENSE);
  if (told.length === 0) return `No licenses${none}${suppressed}`;
  const counts = licenseCategories
    .map((category) => [category, told.filter((row) => row.category === category).length] as const)
    .filter(([, count]) => count > 0)
    .map(([category, count]) => `${count} ${category}`);
  return `${told.length} ${told.length === 1 ? "license" : "licenses"}: ${counts.join(", ")}${none}${suppressed}`;
}

/** What a format that has no place for licences says of them; nothing where there are none. */
export function licensesLeftOut(format: string, report: ScanReport): readonly string[] {
  const count = openLicenses(report).filter(({ finding }) => asksForMore(finding)).length;
  if (count === 0) return [];
  const what = count === 1 ? "1 license is" : `${count} licenses are`;
  return [`${format}: ${what} left out, as the format has no place for them`];
}
