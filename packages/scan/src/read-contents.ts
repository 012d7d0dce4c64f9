import { catalog, wantedPatterns } from "@pratique/inventory";
import type { OpenedImage, ReadOptions } from "@pratique/oci";
import { type Contents, identityOf } from "./contents.ts";
import type { CachedInventory, InventoryCache } from "./inventory-cache.ts";

/** Reads an image and catalogs it. What may be kept of it is put into the cache. */
export async function readContents(
  opened: OpenedImage,
  cache: InventoryCache | undefined,
  options: ReadOptions,
): Promise<Contents> {
  const tree = await opened.readTree(wantedPatterns(), options);
  const inventory = await catalog(tree, options);
  const { config, base, layersVerified } = tree.facts;
  const layers = tree.facts.layers.filter(({ diffId }) => diffId !== undefined);
  const identity = identityOf(tree.facts);
  const contents: CachedInventory = {
    inventory,
    ...(config !== undefined && { config }),
    ...(base !== undefined && { base }),
    layers: layers.flatMap(({ diffId = [] }) => diffId),
    instructions: layers.map(({ instruction = "" }) => instruction),
    sizeBytes: tree.sizeBytes,
  };
  const failures = tree.failures;
  // What could not be read today may be readable tomorrow.
  const whole = failures.length + inventory.failures.length === 0;
  // Whoever writes an archive chooses the image id that it claims; what others find under it must be that image.
  if (identity.imageId !== undefined && whole && layersVerified) cache?.put(identity.imageId, contents);
  return { ...contents, ...identity, layersVerified, failures };
}
