import {
  type AdvisoryIndex,
  type Digest,
  type ImageTarget,
  layersOfBase,
  type Platform,
  type ScanReport,
  type SoughtList,
  soughtRevisions,
} from "@pratique/core";
import type { LicenseRules } from "@pratique/licenses";
import { assess, match, withNamedFunctions } from "@pratique/matching";
import {
  type ImageSource,
  type LayerIndexCache,
  type OpenedImage,
  openImage,
  type ReadLimits,
  type ReadProgress,
} from "@pratique/oci";
import { type Contents, identityOf } from "./contents.ts";
import type { CachedInventory, InventoryCache } from "./inventory-cache.ts";
import { packageLicenses } from "./package-licenses.ts";

/** What a scan needs from the world. */
export interface ScanDependencies {
  readonly sources: readonly ImageSource[];
  readonly advisories: AdvisoryIndex;
  readonly cache?: InventoryCache | undefined;
  /** What was read of layers that other images have, too. */
  readonly layerIndexes?: LayerIndexCache | undefined;
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
  /**
   * Whether layers of a registry that have a table of contents may be read in part; false where absent. A report of
   * such a reading says so, and is never kept.
   */
  readonly byRange?: boolean | undefined;
  /** Whether secrets are looked for, in all layers, the history and the environment; false where absent. */
  readonly secrets?: boolean | undefined;
  /** What is asked of licences; they are read only where it is present. */
  readonly licenses?: LicenseRules | undefined;
  /** The image that this one is built on, where the user knows it: believed only where its layers are below. */
  readonly base?: KnownBase | undefined;
}

/** An image that may be another's base. */
export interface KnownBase {
  readonly name: string;
  /** Lowest first. */
  readonly layers: readonly Digest[];
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
    const contents = await contentsOf(opened, dependencies, options);
    return reportOn(target, onlyAsked(contents, options), { ...dependencies, ...options });
  } finally {
    await opened.close();
  }
}

async function contentsOf(
  opened: OpenedImage,
  { cache, layerIndexes }: ScanDependencies,
  options: ScanOptions,
): Promise<Contents> {
  const known = opened.imageId === undefined ? undefined : cache?.get(opened.imageId);
  if (known !== undefined && isEnough(known, options))
    return { ...known, ...identityOf(opened), layersVerified: true, failures: [] };
  // Loaded for images that are not known: it takes longer than matching one that is.
  const { readContents } = await import("./read-contents.ts");
  return readContents(opened, cache, {
    ...options,
    layerIndexes,
    // What is known already is read again with the rest: otherwise two who ask for different things would take turns.
    secrets: options.secrets === true || known?.secrets !== undefined,
    licenses: options.licenses !== undefined || known?.licenses !== undefined,
  });
}

/** What was read without looking for secrets or licences, or by other rules, says nothing of them. */
function isEnough({ secrets, licenses }: CachedInventory, options: ScanOptions): boolean {
  return (
    (options.secrets !== true || secrets?.revision === soughtRevisions.secrets) &&
    (options.licenses === undefined || licenses?.revision === soughtRevisions.licenses)
  );
}

/** Who did not ask for a list is not told what was found of it by the way, nor what kept it from being whole. */
function onlyAsked(contents: Contents, options: ScanOptions): Contents {
  const { secrets, licenses, ...rest } = contents;
  const isAsked = (list: SoughtList): boolean =>
    list === "secrets" ? options.secrets === true : options.licenses !== undefined;
  return {
    ...rest,
    ...(secrets !== undefined && isAsked("secrets") && { secrets }),
    ...(licenses !== undefined && isAsked("licenses") && { licenses }),
    failures: contents.failures.filter(({ list }) => list === undefined || isAsked(list)),
  };
}

/** Which rules have found what was asked for. */
function rulesOf({ secrets, licenses }: Contents): Pick<ScanReport, "rules"> {
  if (secrets === undefined && licenses === undefined) return {};
  return {
    rules: {
      ...(secrets !== undefined && { secrets: secrets.revision }),
      ...(licenses !== undefined && { licenses: licenses.revision }),
    },
  };
}

/** What is known of the base: what the user says and the layers prove, else what the image claims. */
function baseOf(contents: Contents, known: KnownBase | undefined): Pick<ScanReport["target"], "base"> {
  const layers = known === undefined ? undefined : layersOfBase(contents.layers, known.layers);
  if (known !== undefined && layers !== undefined) return { base: { name: known.name, layers } };
  return contents.base === undefined ? {} : { base: contents.base };
}

function reportOn(
  target: ImageTarget,
  contents: Contents,
  { advisories, now, base, licenses }: ScanDependencies & Pick<ScanOptions, "base" | "licenses">,
): ScanReport {
  const { inventory, config, layers, instructions, sizeBytes, failures } = contents;
  const { distro, rootAccounts } = inventory;
  const packages = withNamedFunctions(inventory.packages, advisories);
  const told = packageLicenses(packages, { rules: licenses, ...contents.licenses });
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
      ...(instructions.some((text) => text !== "") && { instructions }),
      ...baseOf(contents, base),
      ...(!contents.layersVerified && { layersVerified: false }),
    },
    assessment: {
      ...assess(inventory.packages, [...failures, ...inventory.failures, ...reasons], judgedPackages),
      advisories: advisories.sources,
    },
    ...(config !== undefined && { config }),
    rootAccounts,
    ...told,
    findings,
    ...(contents.secrets !== undefined && { secrets: contents.secrets.found }),
    ...rulesOf(contents),
  };
}
