import type { listImagePackages, QueryOf } from "@pratique/api";
import {
  type LicenseCategory,
  licenseCategories,
  NO_LICENSE,
  type Package,
  type ScanReport,
} from "@pratique/core";

type Query = Pick<QueryOf<typeof listImagePackages>, "license" | "licenseCategory">;

/** What a report says of the licences of single packages. */
export class PackageLicenses {
  /** By the package's id. */
  readonly #categories = new Map<string, LicenseCategory>();

  constructor({ licenses = [] }: Pick<ScanReport, "licenses">) {
    for (const { packageId, category, suppressed } of licenses) {
      const known = this.#categories.get(packageId);
      const isStricter = known === undefined || strictness(category) < strictness(known);
      if (suppressed === undefined && isStricter) this.#categories.set(packageId, category);
    }
  }

  /** The strictest category of those that nobody took out of the count. */
  categoryOf({ id }: Pick<Package, "id">): LicenseCategory | undefined {
    return this.#categories.get(id);
  }

  isAskedFor(one: Pick<Package, "id" | "licenses">, { license, licenseCategory }: Query): boolean {
    if (licenseCategory !== undefined && this.categoryOf(one) !== licenseCategory) return false;
    if (license === undefined || license === "") return true;
    const none = this.#categories.has(one.id) ? [NO_LICENSE] : [];
    const wanted = license.toLowerCase();
    return (one.licenses ?? none).some((text) => text.toLowerCase().includes(wanted));
  }
}

/** 0 for the strictest. */
function strictness(category: LicenseCategory): number {
  return licenseCategories.indexOf(category);
}
