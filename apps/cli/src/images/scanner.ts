import type { AdvisoryDatabase } from "@pratique/advisory";
import { openDatabase } from "@pratique/advisory";
import {
  type ImageTarget,
  type Platform,
  parsePlatform,
  type ScanReport,
  type SoughtList,
} from "@pratique/core";
import { CATALOGER_REVISION, type Sbom } from "@pratique/inventory";
import type { LicenseRules } from "@pratique/licenses";
import {
  FileLayerIndexCache,
  type FileLayerIndexCacheOptions,
  type ImageSource,
  type LayerIndexCache,
  localSources,
  openImage,
} from "@pratique/oci";
import { printable } from "@pratique/report";
import { FileInventoryCache, type KnownBase, scanImage, scanSbom } from "@pratique/scan";
import type { Context } from "../context.ts";
import { keepNewObjectsSmall, optimizeForOneScan } from "../node-flags.ts";
import { Progress } from "../progress.ts";
import { type SoughtOptions, soughtBy } from "../settings/parse-scanners.ts";
import type { Settings } from "../settings/settings.ts";
import { adviseOnImage, refusePath } from "./image-advice.ts";
import type { RegistryFlags } from "./registry-access.ts";
import type { RemoteSources } from "./remote-sources.ts";

/** How images are to be reached and read. */
export interface ScannerFlags extends RegistryFlags, SoughtOptions {
  readonly platform?: string | undefined;
  /** False: the image is read again even where its inventory is known. */
  readonly cache?: boolean | undefined;
  /**
   * False: plain layers of local files are read without holding them against the image id. True or absent: the
   * report may be remembered, and judged, by image id.
   */
  readonly verifyLayers?: boolean | undefined;
  /**
   * True: layers of a registry that have a table of contents are read in part, where nothing is to be verified. A report
   * of them is never remembered.
   */
  readonly byRange?: boolean | undefined;
  /** Licences that are left out, separated by commas. */
  readonly ignoredLicenses?: string | undefined;
}

/** Everything that a scan needs, opened together and given back together. */
export class Scanner implements AsyncDisposable {
  readonly advisories: AdvisoryDatabase;
  readonly #context: Context;
  readonly #flags: ScannerFlags;
  #remote: RemoteSources | undefined;
  readonly #cache: FileInventoryCache | undefined;
  #layerIndexes: LayerIndexCache | undefined;
  readonly #platform: Platform | undefined;
  readonly #verifyLayers: boolean;
  readonly #sought: ReadonlySet<SoughtList>;
  readonly #licenses: LicenseRules | undefined;

  constructor(context: Context, flags: ScannerFlags) {
    const { settings, now } = context;
    const { layout } = settings;
    keepNewObjectsSmall();
    optimizeForOneScan();
    this.#context = context;
    this.#flags = flags;
    this.#platform = flags.platform === undefined ? undefined : parsePlatform(flags.platform);
    this.#sought = soughtBy(flags, settings.sought);
    this.#licenses = this.#sought.has("licenses") ? licenseRules(settings, flags) : undefined;
    this.#verifyLayers = flags.verifyLayers !== false;
    this.advisories = openDatabase(layout.advisories, { clock: now, staleAfterMs: settings.staleAfterMs });
    this.#cache =
      flags.cache === false ? undefined : new FileInventoryCache(layout.inventoryCache, CATALOGER_REVISION);
  }

  /** Rejects with advice that fits the place where the image was looked for. */
  async scan(target: ImageTarget, base?: ImageTarget): Promise<ScanReport> {
    for (const named of [target, ...(base === undefined ? [] : [base])]) refusePath(named);
    const known = base === undefined ? undefined : await this.#baseAt(base);
    const report = await this.#scan(target, known);
    if (known !== undefined && report.target.base?.layers === undefined) {
      const why = `the layers of ${base?.text} are not the lowest of ${target.text}`;
      this.#context.console.say(`pratique: ${printable(why)}: what it brought is not known`);
    }
    return report;
  }

  /** Only what the image is made of is read, and no layer where that can be had without. */
  async #baseAt(target: ImageTarget): Promise<KnownBase> {
    try {
      const sources = await this.#sourcesFor(target);
      const { signal } = this.#context;
      const opened = await openImage(target, { sources, signal, platform: this.#platform });
      try {
        const known = opened.layers.length > 0 ? opened.layers : (await opened.readTree([])).facts.layers;
        return { name: target.text, layers: known.flatMap(({ diffId = [] }) => diffId) };
      } finally {
        await opened.close();
      }
    } catch (thrown) {
      throw adviseOnImage(thrown, target);
    }
  }

  async #scan(target: ImageTarget, base: KnownBase | undefined): Promise<ScanReport> {
    const { console, now, elapsedMs, signal } = this.#context;
    using progress = new Progress(console, elapsedMs);
    try {
      return await scanImage(
        target,
        {
          sources: await this.#sourcesFor(target),
          advisories: this.advisories,
          cache: this.#cache,
          layerIndexes: this.#layerIndexes,
          now,
        },
        {
          platform: this.#platform,
          signal,
          base,
          verifyPlainLayers: this.#verifyLayers,
          byRange: this.#flags.byRange === true && !this.#verifyLayers,
          secrets: this.#sought.has("secrets"),
          licenses: this.#licenses,
          onProgress: ({ readBytes, totalBytes }) => progress.show("reading", readBytes, totalBytes),
        },
      );
    } catch (thrown) {
      throw adviseOnImage(thrown, target);
    }
  }

  /** The packages of a document, judged as those of an image. */
  scanSbom(reference: string, sbom: Sbom): ScanReport {
    return scanSbom(reference, sbom, {
      advisories: this.advisories,
      now: this.#context.now,
      licenses: this.#licenses,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.advisories[Symbol.dispose]();
    await this.#remote?.[Symbol.asyncDispose]();
  }

  /** What speaks to engines and registries is loaded only for images that are there: it takes longer than a scan. */
  async #sourcesFor({ scheme }: ImageTarget): Promise<readonly ImageSource[]> {
    const local = localSources.filter(({ name }) => name === scheme);
    if (local.length > 0) return local;
    const { RemoteSources } = await import("./remote-sources.ts");
    this.#remote ??= new RemoteSources(this.#context, this.#flags);
    if (this.#flags.cache !== false) this.#layerIndexes ??= openLayerIndexes(this.#context);
    return this.#remote.sources;
  }
}

/** What is ignored by the flag is so besides what is in the file. */
export function licenseRules(
  { licenses: { categories, ignored = [] } }: Pick<Settings, "licenses">,
  { ignoredLicenses }: Pick<ScannerFlags, "ignoredLicenses">,
): LicenseRules {
  const named = ignoredLicenses?.split(",").map((name) => name.trim()) ?? [];
  return { categories, ignored: [...ignored, ...named.filter((name) => name !== "")] };
}

/** What is kept of layers, for all who scan on this host. */
export function openLayerIndexes(
  { settings, now }: Pick<Context, "settings" | "now">,
  more: Pick<FileLayerIndexCacheOptions, "memoryBytes" | "secret"> = {},
): FileLayerIndexCache | undefined {
  return FileLayerIndexCache.open(settings.layout.layerCache, {
    revision: CATALOGER_REVISION,
    ...more,
    now: () => now().getTime(),
  });
}
