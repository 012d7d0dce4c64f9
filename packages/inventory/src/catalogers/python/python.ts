import type { FilePattern, FileTree, PackageFacts } from "@pratique/core";
import type { CatalogContext, Cataloger, CatalogResult } from "../../cataloger.ts";
import { FailureLog } from "../../failure-log.ts";
import type { MatchedFile } from "../../matched-files.ts";
import { readMatched } from "../../read-matched.ts";
import { parseEggName } from "./parse-egg-name.ts";
import { type PythonMetadata, parseMetadata } from "./parse-metadata.ts";
import { siteOf } from "./site-of.ts";

const MAX_FILES = 200_000;
const MAX_METADATA_BYTES = 8 * 1024 * 1024;

const metadata: FilePattern = {
  basenames: ["METADATA", "Metadata", "metadata", "PKG-INFO", "Pkg-Info", "pkg-info"],
  suffixes: [".egg-info", ".EGG-INFO"],
};
const zippedEggs: FilePattern = { suffixes: [".egg"] };

/** Installed distributions in the formats that pip and setuptools leave behind. */
export const python: Cataloger = { name: "python", version: 3, patterns: [metadata, zippedEggs], catalog };

interface Found {
  /** Where it is installed, and what: two records with one key tell of one package. */
  readonly key: string;
  readonly facts: PackageFacts;
}

async function catalog(tree: FileTree, { signal }: CatalogContext): Promise<CatalogResult> {
  const log = new FailureLog();
  const found = await readMatched(tree, [metadata], {
    accepts: (path) => siteOf(path) !== undefined,
    parse: (file, content) => toFound(file, parseMetadata(content), log),
    maxFiles: MAX_FILES,
    maxBytesEach: MAX_METADATA_BYTES,
    log,
    signal,
  });
  return { packages: merge([...found, ...eggs(tree, log)]), failures: log.list() };
}

/** Eggs that are one file are known by their names, which say what is inside: nothing has to be unpacked. */
function eggs(tree: FileTree, log: FailureLog): readonly Found[] {
  const found: Found[] = [];
  for (const { path, kind, layer } of tree.match(zippedEggs)) {
    const named = kind === "file" ? parseEggName(path.slice(path.lastIndexOf("/") + 1)) : undefined;
    if (named === undefined) continue;
    const file = { path, dangling: false, ...(layer !== undefined && { layer }) };
    const one = toFound(file, named, log);
    if (one !== undefined) found.push(one);
    if (found.length === MAX_FILES) break;
  }
  return found;
}

function toFound(
  { path, layer }: MatchedFile,
  parsed: PythonMetadata | string,
  log: FailureLog,
): Found | undefined {
  if (typeof parsed === "string") {
    log.add("PACKAGE_RECORD_MALFORMED", parsed, path);
    return undefined;
  }
  const { name, version } = parsed;
  const facts = {
    type: "pypi",
    ...parsed,
    ...(layer !== undefined && { layer }),
    paths: [path],
  } as const;
  return { key: [siteOf(path) ?? path, normalize(name), version].join("\0"), facts };
}

/** The form in which names are compared (PEP 503, "Normalized Names"). */
function normalize(name: string): string {
  return name.replace(/[-_.]+/gu, "-").toLowerCase();
}

function merge(found: readonly Found[]): readonly PackageFacts[] {
  const packages = new Map<string, PackageFacts>();
  for (const { key, facts } of found) {
    const before = packages.get(key);
    packages.set(
      key,
      before === undefined ? facts : { ...facts, ...before, paths: [...before.paths, ...facts.paths] },
    );
  }
  return [...packages.values()];
}
