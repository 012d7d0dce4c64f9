import type { FilePattern, FileTree, Package } from "@pratique/core";
import { copyrightPattern, findCopyrights, type LicenseSearch } from "./find-copyrights.ts";
import { findLicenseFiles, licenseFilePattern } from "./find-license-files.ts";

/** With these a tree has to be opened for {@link findLicenses} to find something. */
export const licensePatterns: readonly FilePattern[] = [copyrightPattern, licenseFilePattern];

/** Reads the licences that no record of a package tells. Rejects only when aborted. */
export async function findLicenses(
  tree: FileTree,
  packages: readonly Package[],
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<LicenseSearch> {
  const copyrights = await findCopyrights(tree, packages, options);
  const files = await findLicenseFiles(tree, packages, options);
  return {
    licenses: { ...copyrights.licenses, ...files.licenses },
    failures: [...copyrights.failures, ...files.failures],
  };
}
