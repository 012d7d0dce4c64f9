import type { AdvisoryIndex, ScanReport } from "@pratique/core";
import type { Sbom } from "@pratique/inventory";
import type { LicenseRules } from "@pratique/licenses";
import { assess, match, withNamedFunctions } from "@pratique/matching";
import { packageLicenses } from "./package-licenses.ts";

export interface ScanSbomDependencies {
  readonly advisories: AdvisoryIndex;
  readonly now: () => Date;
  /** What is asked of licences; the report tells of them only where it is present. */
  readonly licenses?: LicenseRules | undefined;
}

/**
 * Holds the packages of a bill of materials against the advisories, as those of an image. The report is as good as the
 * document: what that left out is found by nobody.
 */
export function scanSbom(
  reference: string,
  { inventory }: Sbom,
  { advisories, now, licenses }: ScanSbomDependencies,
): ScanReport {
  const { packages, distro, rootAccounts } = inventory;
  const { findings, reasons, judgedPackages } = match(inventory, advisories);
  return {
    schemaVersion: 1,
    scannedAt: now().toISOString(),
    target: { reference, ...(distro !== undefined && { distro }) },
    assessment: {
      ...assess(packages, [...inventory.failures, ...reasons], judgedPackages),
      advisories: advisories.sources,
    },
    rootAccounts,
    ...packageLicenses(withNamedFunctions(packages, advisories), { rules: licenses }),
    findings,
  };
}
