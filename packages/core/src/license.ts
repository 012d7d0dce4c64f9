import type { Suppressed } from "./finding.ts";
import type { Severity } from "./severity.ts";

/** What a licence asks of those who ship what it covers, after Google's classification, the strictest first. */
export const licenseCategories = [
  "forbidden",
  "restricted",
  "reciprocal",
  "notice",
  "permissive",
  "unencumbered",
  "unknown",
] as const;

export type LicenseCategory = (typeof licenseCategories)[number];

/** Stands for the licence of a package that tells none (SPDX 2.3, section 7.15). */
export const NO_LICENSE = "NOASSERTION";

/** A licence of one installed package. */
export interface LicenseFinding {
  /** An expression of SPDX that holds as a whole; the package's own words where they could not be read. */
  readonly license: string;
  readonly category: LicenseCategory;
  /** How bad the category is held to be. */
  readonly severity: Severity;
  /** The `Package.id` of the package. */
  readonly packageId: string;
  /** Set when a rule of the user took it out of the count. */
  readonly suppressed?: Pick<Suppressed, "by">;
}
