import type { Package, ScanReport } from "@pratique/core";
import { judgeLicenses, type LicenseRules } from "@pratique/licenses";

export interface PackageLicensesOptions {
  /** What the user asks; absent where nobody asks for licences. */
  readonly rules: LicenseRules | undefined;
  /** What was found beside the records of packages, by their ids. */
  readonly found?: Readonly<Record<string, readonly string[]>>;
}

/**
 * The part of a report that speaks of packages and their licences. Who did not ask is told nothing of them: what a record says by
 * the way would look like all that there is.
 */
export function packageLicenses(
  packages: readonly Package[],
  { rules, found = {} }: PackageLicensesOptions,
): Pick<ScanReport, "packages" | "licenses"> {
  if (rules === undefined) return { packages: packages.map(withoutLicenses) };
  const told = packages.map((one) => {
    const licenses = one.licenses ?? (Object.hasOwn(found, one.id) ? found[one.id] : undefined);
    return licenses === undefined ? one : { ...one, licenses };
  });
  return judgeLicenses(told, rules);
}

function withoutLicenses(one: Package): Package {
  if (one.licenses === undefined) return one;
  const { licenses: _licenses, ...rest } = one;
  return rest;
}
