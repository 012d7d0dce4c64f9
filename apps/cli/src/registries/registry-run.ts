import { createHash } from "node:crypto";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { openDatabase } from "@pratique/advisory";
import {
  parseImageTarget,
  parsePlatform,
  type ScanReport,
  type SoughtList,
  soughtLists,
} from "@pratique/core";
import { acquireWriterLock } from "@pratique/dataset";
import { CATALOGER_REVISION } from "@pratique/inventory";
import {
  isRegistryKindName,
  listImages,
  type RegistryFilter,
  registryKindOf,
  registryKinds,
} from "@pratique/oci";
import {
  FileInventoryCache,
  type RegistryImage,
  type RegistryScanJournal,
  referenceOf,
  registryImageKey,
  scanImage,
  scanRegistry,
  scopeOf,
} from "@pratique/scan";
import type { Context } from "../context.ts";
import { CliError } from "../errors.ts";
import type { RegistryFlags } from "../images/registry-access.ts";
import { licenseRules, openLayerIndexes, type ScannerFlags } from "../images/scanner.ts";
import { Progress } from "../progress.ts";
import { soughtBy } from "../settings/parse-scanners.ts";
import { PacedRegistries } from "./paced-registries.ts";
import type { RegistryScanResult } from "./registry-scan-table.ts";
import type { RegistryTarget } from "./registry-target.ts";

/** What of the layers may be in memory: those that many images share are asked for again and again. */
const LAYER_MEMORY_BYTES = 128 * 1024 * 1024;

/** What of a registry is meant, and how it is reached and read. */
export interface RegistryRunFlags extends RegistryFlags, Pick<ScannerFlags, "scanners" | "ignoredLicenses"> {
  readonly kind?: string;
  readonly apiUrl?: string;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly tag: readonly string[];
  readonly excludeTag: readonly string[];
  readonly newest?: string;
  readonly platform: readonly string[];
  readonly concurrency?: string;
  readonly reports?: string;
}

/** What is to be scanned, checked. */
export interface RegistryPlan {
  readonly kind: ReturnType<typeof registryKindOf>;
  readonly apiUrl: URL | undefined;
  readonly filter: RegistryFilter;
  readonly platforms: readonly ReturnType<typeof parsePlatform>[];
  readonly concurrency: number | undefined;
  readonly sought: ReadonlySet<SoughtList>;
  /** Two scans with the same one go on with each other. */
  readonly scope: string;
}

/** Throws `USAGE`. */
export function planOf(
  { settings }: Pick<Context, "settings">,
  { registry, path: at }: RegistryTarget,
  flags: RegistryRunFlags,
): RegistryPlan {
  const platforms = flags.platform.map(parsePlatform);
  const kind = kindOf(registry, flags.kind);
  const filter: RegistryFilter = {
    repositories: flags.include,
    excludeRepositories: flags.exclude,
    tags: flags.tag,
    excludeTags: flags.excludeTag,
    newestTags: countOf("--newest", flags.newest),
  };
  const apiUrl = flags.apiUrl === undefined ? undefined : URL.parse(flags.apiUrl);
  if (apiUrl === null) throw new CliError("USAGE", `expected a URL, found ${JSON.stringify(flags.apiUrl)}`);
  const sought = soughtBy(flags, settings.sought);
  const listed = soughtLists.filter((list) => sought.has(list));
  const scope = { registry, path: at, kind: kind.name, platforms, filter };
  return {
    kind,
    apiUrl,
    filter,
    sought,
    platforms,
    concurrency: countOf("--concurrency", flags.concurrency),
    scope: scopeOf(listed.length === 0 ? scope : { ...scope, sought: listed }),
  };
}

function kindOf(registry: string, name: string | undefined) {
  if (name === undefined) return registryKindOf(registry);
  if (isRegistryKindName(name)) return registryKindOf(registry, name);
  const names = registryKinds.map((kind) => kind.name).join(", ");
  throw new CliError("USAGE", `expected one of ${names}, found ${JSON.stringify(name)}`);
}

function countOf(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,5}$/u.test(text)) return Number(text);
  throw new CliError("USAGE", `expected a number above 0 after ${flag}, found ${JSON.stringify(text)}`);
}

/** Where the scan keeps what it knows; nobody else may work there meanwhile. Rejects with `USAGE` where somebody does. */
export async function holdScan(
  { settings }: Context,
  { registry, path: at }: RegistryTarget,
  { scope }: RegistryPlan,
): Promise<Disposable & { readonly directory: string }> {
  const directory = path.join(settings.layout.registryScans, nameOf(scope));
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const lock = await acquireWriterLock(path.join(directory, "lock"), { waitMs: 0 });
  if (lock !== undefined) return { directory, [Symbol.dispose]: () => lock[Symbol.dispose]() };
  const name = at === "" ? registry : `${registry}/${at}`;
  throw new CliError("USAGE", `another scan of ${JSON.stringify(name)} is under way`, {
    hint: "wait for it, or end it",
  });
}

function nameOf(scope: string): string {
  return createHash("sha256").update(scope).digest("hex").slice(0, 32);
}

interface RunRegistryOptions {
  readonly target: RegistryTarget;
  readonly plan: RegistryPlan;
  readonly journal: RegistryScanJournal;
  readonly flags: RegistryRunFlags;
}

/** Scans all that the journal does not know the outcome of. */
export async function runRegistry(
  context: Context,
  { target, plan, journal, flags }: RunRegistryOptions,
): Promise<RegistryScanResult> {
  const { settings, console, now, elapsedMs, sleep, signal } = context;
  const { layout, staleAfterMs } = settings;
  using advisories = openDatabase(layout.advisories, { clock: now, staleAfterMs });
  await using registries = new PacedRegistries(context, flags);
  using progress = new Progress(console, elapsedMs);
  const dependencies = {
    sources: [registries.source],
    advisories,
    cache: new FileInventoryCache(layout.inventoryCache, CATALOGER_REVISION),
    layerIndexes: openLayerIndexes(context, { memoryBytes: LAYER_MEMORY_BYTES }),
    now,
  };
  const licenses = plan.sought.has("licenses") ? licenseRules(settings, flags) : undefined;
  const end = await scanRegistry(journal, {
    list: () => listImages({ ...target, ...plan, ...registries.access, signal }),
    platforms: plan.platforms,
    scan: (image) =>
      scanImage(parseImageTarget(`registry:${referenceOf(image)}`), dependencies, {
        platform: image.platform,
        signal,
        secrets: plan.sought.has("secrets"),
        licenses,
      }),
    ...(flags.reports !== undefined && { onReport: reportsIn(flags.reports) }),
    onProgress: (done, total) => progress.count("scanning", done, total),
    ...(plan.concurrency !== undefined && { concurrency: plan.concurrency }),
    sleep,
    signal,
  });
  return { target, items: journal.items, listFailures: journal.listFailures, end };
}

/** Writes each report under the name of its image; a file is whole or not there. */
function reportsIn(directory: string) {
  mkdirSync(directory, { recursive: true });
  return (image: RegistryImage, report: ScanReport): void => {
    const name = registryImageKey(image).replaceAll(/[^\w.-]+/gu, "_");
    // Two names may become the same file name.
    const mark = createHash("sha256").update(registryImageKey(image)).digest("hex").slice(0, 8);
    const file = path.join(directory, `${name.slice(0, 200)}-${mark}.json`);
    writeFileSync(`${file}.new`, JSON.stringify(report));
    renameSync(`${file}.new`, file);
  };
}
