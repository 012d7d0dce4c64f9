import { type FilePattern, type FileTree, KiB, type Package, soughtRevisions } from "@pratique/core";
import { joinLicenses, recognizeLicense } from "@pratique/licenses";
import { declaredLicenses } from "../declared-licenses.ts";
import { decodeUtf8 } from "../decode-text.ts";
import { FailureLog } from "../failure-log.ts";
import { asBuffer, readFile } from "../read-file.ts";
import { condenseLicenses, readCondensed } from "./condensed-licenses.ts";
import type { LicenseSearch } from "./find-copyrights.ts";
import { cacheNameOf, directoryOf, placesOf } from "./package-places.ts";

/** Longer than the text of any licence; the rest are collections. */
const MAX_BYTES = 512 * KiB;
/** Of one package; real ones have three at most. */
const MAX_FILES = 8;
const READS_AT_ONCE = 16;

const stems = [
  "LICENSE",
  "License",
  "license",
  "LICENCE",
  "Licence",
  "licence",
  "COPYING",
  "Copying",
  "UNLICENSE",
];
const endings = ["", ".txt", ".md", ".rst"];
const marked = [
  "LICENSE-MIT",
  "LICENSE-APACHE",
  "LICENSE.MIT",
  "LICENSE.APACHE2",
  "MIT-LICENSE",
  "MIT-LICENSE.txt",
];
const lesser = ["COPYING.LESSER", "COPYING.LIB", "COPYING.LGPL"];

const CARGO = "Cargo.toml";
const NUSPEC = ".nuspec";

/** With this a tree has to be opened for {@link findLicenseFiles} to find something. */
export const licenseFilePattern: FilePattern = {
  basenames: [
    ...stems.flatMap((stem) => endings.map((ending) => stem + ending)),
    ...marked,
    ...lesser,
    CARGO,
  ],
  suffixes: [NUSPEC],
  condense: (path, content) => condenseLicenses(licensesOf(path, content)),
  condenseRevision: soughtRevisions.licenses,
};

/**
 * Reads the licences of packages whose records tell none from what was fetched of them: a manifest that the record was not
 * made of, else the texts that lie beside. Where one of these texts is not known, nothing is told: it may ask for more than
 * the others. Rejects only when aborted.
 */
export async function findLicenseFiles(
  tree: FileTree,
  packages: readonly Package[],
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<LicenseSearch> {
  const silent = packages.filter(({ licenses, type }) => licenses === undefined && type !== "deb");
  const places = silent.length === 0 ? new Map<string, readonly string[]>() : filesByPlace(tree);
  const wanted = silent.flatMap((one) => {
    const paths = placesOf(one).flatMap((place) => places.get(place) ?? []);
    return paths.length === 0 || paths.length > MAX_FILES ? [] : [{ id: one.id, paths }];
  });
  const log = new FailureLog("licenses");
  const told = new Map<string, readonly string[]>();
  const all = [...new Set(wanted.flatMap(({ paths }) => paths))];
  const options = { limitBytes: MAX_BYTES, code: "FILE_UNREADABLE", log, signal } as const;
  for (let start = 0; start < all.length; start += READS_AT_ONCE) {
    const batch = all.slice(start, start + READS_AT_ONCE);
    const contents = await Promise.all(batch.map((path) => readFile(tree, path, options)));
    for (const [at, path] of batch.entries()) {
      const content = contents[at];
      if (content !== undefined) told.set(path, readCondensed(content) ?? licensesOf(path, content));
    }
  }
  const licenses = wanted.map(({ id, paths }) => [id, join(paths, told)] as const);
  return {
    licenses: Object.fromEntries(licenses.filter(([, found]) => found.length > 0)),
    failures: log.list(),
  };
}

/** By their directories, and by what these are called in the caches of package managers. */
function filesByPlace(tree: FileTree): ReadonlyMap<string, readonly string[]> {
  const places = new Map<string, string[]>();
  for (const { path, kind, size } of tree.match(licenseFilePattern)) {
    if (kind !== "file" || size > MAX_BYTES) continue;
    const directory = directoryOf(path);
    for (const place of [directory, cacheNameOf(directory)]) {
      if (place === undefined) continue;
      const known = places.get(place);
      if (known === undefined) places.set(place, [path]);
      else known.push(path);
    }
  }
  return places;
}

function join(paths: readonly string[], told: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const manifests = paths.filter(isManifest).flatMap((path) => told.get(path) ?? []);
  if (manifests.length > 0) return [...new Set(manifests)];
  const texts = paths.filter((path) => !isManifest(path)).map((path) => told.get(path) ?? []);
  return texts.every((found) => found.length > 0) ? joinLicenses(texts.flat()) : [];
}

function isManifest(path: string): boolean {
  return path.endsWith(`/${CARGO}`) || path.endsWith(NUSPEC);
}

function licensesOf(path: string, content: Uint8Array): readonly string[] {
  if (content.length > MAX_BYTES) return [];
  const text = decodeUtf8(asBuffer(content));
  const licenses = isManifest(path) ? [namedIn(path, text)] : (recognizeLicense(text) ?? []);
  return declaredLicenses(licenses).licenses ?? [];
}

/** Of NuGet's two forms, the older names the same by an address. */
function namedIn(path: string, text: string): string | undefined {
  const pattern = path.endsWith(NUSPEC)
    ? /<license\s+type="expression"\s*>([^<]{1,256})<|<licenseUrl>https:\/\/licenses\.nuget\.org\/([^<]{1,256})</u
    : /^license\s*=\s*"([^"\n]{1,256})"/mu;
  const [, expression, address] = pattern.exec(text) ?? [];
  // An address may be written as one: `MIT%20OR%20Apache-2.0`.
  return expression ?? address?.replaceAll("%20", " ");
}
