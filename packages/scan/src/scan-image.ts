import type {
  AdvisoryIndex,
  AssessmentReason,
  Digest,
  ImageTarget,
  Platform,
  ScanReport,
} from "@pratique/core";
import { catalog, wantedPatterns } from "@pratique/inventory";
import { match } from "@pratique/matching";
import {
  type ImageFacts,
  type ImageSource,
  type OpenedImage,
  openImage,
  type ReadLimits,
  type ReadProgress,
} from "@pratique/oci";
import { assess } from "./assess.ts";
import type { CachedInventory, InventoryCache } from "./inventory-cache.ts";

/** What a scan needs from the world. */
export interface ScanDependencies {
  readonly sources: readonly ImageSource[];
  readonly advisories: AdvisoryIndex;
  readonly cache?: InventoryCache | undefined;
  readonly now: () => Date;
}

export interface ScanOptions {
  readonly platform?: Platform | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly limits?: Partial<ReadLimits> | undefined;
  readonly onProgress?: ((progress: ReadProgress) => void) | undefined;
  /**
   * Whether plain layers of local files are read whole and held against the image id; true where absent. A
   * report without that says so, and is never kept: only those who ask what a file holds may do without.
   */
  readonly verifyPlainLayers?: boolean | undefined;
}

/** What was read of an image, before any advisory was looked at. */
interface Contents extends CachedInventory {
  /** Some sources learn it, and the next two, only with the last layer. */
  readonly imageId: Digest | undefined;
  readonly digest: Digest | undefined;
  readonly platform: string | undefined;
  readonly layersVerified: boolean;
  /** Bad things met while reading the layers. */
  readonly failures: readonly AssessmentReason[];
}

/**
 * Reads one image, catalogs it, and holds it against the advisories.
 *
 * Rejects where the image cannot be had at all; what could not be read or judged of an image that is there is a
 * reason in the report's assessment.
 */
export async function scanImage(
  target: ImageTarget,
  dependencies: ScanDependencies,
  options: ScanOptions = {},
): Promise<ScanReport> {
  const opened = await openImage(target, { ...options, sources: dependencies.sources });
  try {
    const contents = await readContents(opened, dependencies.cache, options);
    return reportOn(target, contents, dependencies);
  } finally {
    await opened.close();
  }
}

async function readContents(
  opened: OpenedImage,
  cache: InventoryCache | undefined,
  options: ScanOptions,
): Promise<Contents> {
  const known = opened.imageId === undefined ? undefined : cache?.get(opened.imageId);
  if (known !== undefined) return { ...known, ...identityOf(opened), layersVerified: true, failures: [] };

  const tree = await opened.readTree(wantedPatterns(), options);
  const inventory = await catalog(tree, options);
  const { config, layers, layersVerified } = tree.facts;
  const identity = identityOf(tree.facts);
  const contents: CachedInventory = {
    inventory,
    ...(config !== undefined && { config }),
    layers: layers.flatMap(({ diffId }) => (diffId === undefined ? [] : [diffId])),
    sizeBytes: tree.sizeBytes,
  };
  const failures = tree.failures;
  // What could not be read today may be readable tomorrow.
  const whole = failures.length + inventory.failures.length === 0;
  // Whoever writes an archive chooses the image id that it claims; what others find under it must be that image.
  if (identity.imageId !== undefined && whole && layersVerified) cache?.put(identity.imageId, contents);
  return { ...contents, ...identity, layersVerified, failures };
}

function identityOf({
  imageId,
  digest,
  platform,
}: ImageFacts): Pick<Contents, "imageId" | "digest" | "platform"> {
  return { imageId, digest, platform };
}

function reportOn(
  target: ImageTarget,
  contents: Contents,
  { advisories, now }: ScanDependencies,
): ScanReport {
  const { inventory, config, layers, sizeBytes, failures } = contents;
  const { packages, distro, rootAccounts } = inventory;
  const digest = contents.digest ?? contents.imageId;
  const { findings, reasons, judgedPackages } = match(inventory, advisories);
  return {
    schemaVersion: 1,
    scannedAt: now().toISOString(),
    target: {
      reference: target.text,
      ...(digest !== undefined && { digest }),
      ...(contents.imageId !== undefined && { imageId: contents.imageId }),
      ...(contents.platform !== undefined && { platform: contents.platform }),
      ...(distro !== undefined && { distro }),
      sizeBytes,
      ...(layers.length > 0 && { layers }),
      ...(!contents.layersVerified && { layersVerified: false }),
    },
    assessment: {
      ...assess(packages, [...failures, ...inventory.failures, ...reasons], judgedPackages),
      advisories: advisories.sources,
    },
    ...(config !== undefined && { config }),
    rootAccounts,
    packages,
    findings,
  };
}
