import type { Finding, Package, ScanReport, ScanTarget } from "@pratique/core";

/** A report with one finding for each package that is given, all of one vulnerability. */
export function reportOf(packages: readonly Package[], more: { readonly target?: Partial<ScanTarget>; readonly finding?: Partial<Finding> } = {}): ScanReport {
  return {
    schemaVersion: 1,
    scannedAt: "2026-11-26T10:00:00.000Z",
    target: { reference: "registry.example/shop/web:1", distro: { id: "debian", version: "12.13", codename: "bookworm" }, ...more.target },
    assessment: { state: "complete", reasons: [], advisories: [] },
    rootAccounts: [],
    packages,
    findings: packages.map(({ id }) => ({
      id: "CVE-2024-0001",
      aliases: ["GHSA-aaaa-bbbb-cccc"],
      packageId: id,
      severity: "high",
      status: "fixed",
      knownExploited: false,
      source: "osv",
      advisory: "GHSA-aaaa-bbbb-cccc",
      ...more.finding,
    })),
  };
}

export function installed(purl: string, more: Partial<Package> = {}): Package {
  return { id: purl, purl, type: "deb", name: "bash", version: "5.2.15-2", paths: ["var/lib/dpkg/status"], ...more };
}

/** What took each package's finding out of the count. */
export function suppressedIn({ findings }: ScanReport): readonly (string | undefined)[] {
  return findings.map(({ suppressed }) => suppressed?.by);
}
