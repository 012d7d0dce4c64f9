import { type AssessmentCode, soughtRevisions } from "@pratique/core";
import {
  catalog,
  findConfigSecrets,
  findLicenses,
  findSecrets,
  hideSecrets,
  licensePatterns,
  secretPattern,
  wantedPatterns,
} from "@pratique/inventory";
import type { OpenedImage, ReadOptions } from "@pratique/oci";
import { type Contents, identityOf } from "./contents.ts";
import type { CachedInventory, InventoryCache } from "./inventory-cache.ts";

/** What is wrong with the image itself: whoever reads it again finds the same, and it is kept with the rest. */
const lasting: ReadonlySet<AssessmentCode> = new Set([
  "COMPONENT_UNIDENTIFIED",
  "DISTRO_UNKNOWN",
  "DISTRO_UNSUPPORTED",
  "PACKAGE_RECORD_MALFORMED",
  "PACKAGE_UNIDENTIFIED",
  "SOURCE_PACKAGE_UNKNOWN",
]);

export interface ReadContentsOptions extends ReadOptions {
  /** Whether the texts of all layers are searched, and what the image says of itself. */
  readonly secrets: boolean;
  /** Whether licences are read that no record of a package tells. */
  readonly licenses: boolean;
}

/**
 * Reads an image and catalogs it. What may be kept of it is put into the cache. Secrets in its configuration are taken out
 * in any case: a report is shown to more people than an image.
 */
export async function readContents(
  opened: OpenedImage,
  cache: InventoryCache | undefined,
  options: ReadContentsOptions,
): Promise<Contents> {
  const patterns = [
    ...wantedPatterns(),
    ...(options.secrets ? [secretPattern] : []),
    ...(options.licenses ? licensePatterns : []),
  ];
  const tree = await opened.readTree(patterns, options);
  const inventory = await catalog(tree, options);
  const { base, layersVerified } = tree.facts;
  const { config, secrets: inConfig } = findConfigSecrets(tree.facts.config, tree.facts.history);
  const inFiles = options.secrets
    ? findSecrets(
        tree,
        tree.facts.layers.map(({ diffId }) => diffId),
      )
    : undefined;
  const beside = options.licenses ? await findLicenses(tree, inventory.packages, options) : undefined;
  const layers = tree.facts.layers.filter(({ diffId }) => diffId !== undefined);
  const identity = identityOf(tree.facts);
  const contents: CachedInventory = {
    inventory,
    ...(config !== undefined && { config }),
    ...(base !== undefined && { base }),
    layers: layers.flatMap(({ diffId = [] }) => diffId),
    instructions: layers.map(({ instruction = "" }) => hideSecrets(instruction)),
    sizeBytes: tree.sizeBytes,
    ...(inFiles !== undefined && {
      secrets: { revision: soughtRevisions.secrets, found: [...inFiles.secrets, ...inConfig] },
    }),
    ...(beside !== undefined && {
      licenses: { revision: soughtRevisions.licenses, found: beside.licenses },
    }),
  };
  const failures = [...tree.failures, ...(inFiles?.failures ?? []), ...(beside?.failures ?? [])];
  // What could not be read today may be readable tomorrow.
  const whole = failures.length === 0 && inventory.failures.every(({ code }) => lasting.has(code));
  // Whoever writes an archive chooses the image id that it claims; what others find under it must be that image.
  if (identity.imageId !== undefined && whole && layersVerified) cache?.put(identity.imageId, contents);
  return { ...contents, ...identity, layersVerified, failures };
}
