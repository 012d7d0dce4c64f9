import type { Digest, FilePattern, FileTree, PackageFacts } from "@pratique/core";
import type { CatalogContext, Cataloger, CatalogResult } from "../../cataloger.ts";
import { FailureLog } from "../../failure-log.ts";
import { type MatchedFile, matchedFiles } from "../../matched-files.ts";
import { mergeFacts } from "../../merge-facts.ts";
import { readMatched } from "../../read-matched.ts";
import { isToken } from "../../token.ts";
import { parseLock } from "./parse-lock.ts";

const MAX_LOCKS = 10_000;
const MAX_LOCK_BYTES = 16 * 1024 * 1024;
const MAX_CACHED = 100_000;

const locks: FilePattern = { basenames: ["pubspec.lock"] };
/** What pub writes once it has fetched all that the lock names; its content is not needed. */
const resolutions: FilePattern = { basenames: ["package_config.json"], inside: ".dart_tool" };
/** The packages themselves, in the cache that programs load them from. */
const cached: FilePattern = { basenames: ["pubspec.yaml"], inside: "hosted" };
/** Only how pub names the directory of a package counts: `hosted/pub.dev/http-1.1.0`. */
const CACHED = /(?:^|\/)hosted\/[^/]+\/(?<name>\w+)-(?<version>\d[^/]*)\/pubspec\.yaml$/u;

/** What Dart's pub fetched: packages in its cache, and those of lock files that it has carried out. */
export const dart: Cataloger = { name: "dart", version: 1, patterns: [locks, resolutions, cached], catalog };

async function catalog(tree: FileTree, { signal }: CatalogContext): Promise<CatalogResult> {
  const log = new FailureLog();
  const locked = await readMatched(tree, [locks], {
    accepts: (path) => isCarriedOut(tree, path),
    parse: (file, content) => readLock(file, content, log),
    maxFiles: MAX_LOCKS,
    maxBytesEach: MAX_LOCK_BYTES,
    log,
    signal,
  });
  const packages = mergeFacts([...locked.flat(), ...cachedPackages(tree, log)]);
  return { packages, failures: log.list() };
}

/** A lock by itself is a wish. `dart pub global activate` keeps it beside the program that it was carried out for. */
function isCarriedOut(tree: FileTree, path: string): boolean {
  if (/(?:^|\/)global_packages\/[^/]+\/pubspec\.lock$/u.test(path)) return true;
  const directory = path.slice(0, path.lastIndexOf("/") + 1);
  return tree.stat(`${directory}.dart_tool/package_config.json`)?.kind === "file";
}

function readLock({ path, layer }: MatchedFile, content: Buffer, log: FailureLog): readonly PackageFacts[] {
  const { packages, faults } = parseLock(content);
  for (const fault of faults) log.add("PACKAGE_RECORD_MALFORMED", fault, path);
  return packages.map((found) => toFacts(found, path, layer));
}

function cachedPackages(tree: FileTree, log: FailureLog): readonly PackageFacts[] {
  const found: PackageFacts[] = [];
  for (const { path, layer } of matchedFiles(tree, [cached])) {
    const { name = "", version = "" } = CACHED.exec(path)?.groups ?? {};
    if (!isToken(name) || !isToken(version)) continue;
    if (found.length === MAX_CACHED) {
      log.add("LIMIT_REACHED", `more than ${MAX_CACHED} packages in caches of pub`, path);
      break;
    }
    found.push(toFacts({ name, version }, path, layer));
  }
  return found;
}

function toFacts(
  found: { readonly name: string; readonly version: string },
  path: string,
  layer: Digest | undefined,
): PackageFacts {
  return { type: "pub", ...found, ...(layer !== undefined && { layer }), paths: [path] };
}
