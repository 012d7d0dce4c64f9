import type { Digest, FilePattern, FileTree, PackageFacts } from "@pratique/core";
import type { CatalogContext, Cataloger, CatalogResult } from "../../cataloger.ts";
import { decodeLatin1 } from "../../decode-text.ts";
import { FailureLog } from "../../failure-log.ts";
import { layersOfKeys } from "../../layer-attribution.ts";
import { readFile } from "../../read-file.ts";
import { type ApkDatabase, findOwners } from "./find-owners.ts";
import { type ApkRecord, keyOf, parseInstalled } from "./parse-installed.ts";

/** Since apk-tools 3 the database lies below `usr`; the old name is then a symlink, or is not there. */
const DATABASES: readonly string[] = ["lib/apk/db/installed", "usr/lib/apk/db/installed"];
const MAX_DATABASE_BYTES = 64 * 1024 * 1024;

const databasePattern: FilePattern = { paths: DATABASES };

/** Alpine and theirs. */
export const apk: Cataloger = {
  name: "apk",
  version: 1,
  patterns: [databasePattern],
  distros: ["alpine", "wolfi", "chainguard", "postmarketos"],
  catalog,
};

async function catalog(tree: FileTree, { signal }: CatalogContext): Promise<CatalogResult> {
  const log = new FailureLog();
  const packages = new Map<string, PackageFacts>();
  const databases: ApkDatabase[] = [];
  for (const path of databasePaths(tree)) {
    const options = {
      limitBytes: MAX_DATABASE_BYTES,
      code: "PACKAGE_DATABASE_UNREADABLE",
      log,
      signal,
    } as const;
    const content = await readFile(tree, path, options);
    if (content === undefined) continue;
    const text = decodeLatin1(content);
    const byName = new Map<string, PackageFacts>();
    for (const [key, facts] of await readDatabase(tree, text, { path, log, signal })) {
      // A package that an earlier database named as well is that package, not another.
      const kept = packages.get(key) ?? facts;
      packages.set(key, kept);
      byName.set(kept.name, kept);
    }
    databases.push({ text, byName });
  }
  return {
    packages: [...packages.values()],
    failures: log.list(),
    findOwners: async (paths) => findOwners(tree, databases, paths),
  };
}

/** The real file behind each name, once; a name that leads nowhere stays, to be recorded as unreadable. */
function databasePaths(tree: FileTree): ReadonlySet<string> {
  const paths = new Set<string>();
  for (const path of DATABASES) {
    const real = tree.stat(path);
    if (real?.kind === "file") paths.add(real.path);
  }
  for (const { path } of tree.match(databasePattern)) {
    if (tree.stat(path) === undefined) paths.add(path);
  }
  return paths;
}

interface ReadDatabaseOptions {
  readonly path: string;
  readonly log: FailureLog;
  readonly signal: AbortSignal | undefined;
}

async function readDatabase(
  tree: FileTree,
  text: string,
  { path, log, signal }: ReadDatabaseOptions,
): Promise<ReadonlyMap<string, PackageFacts>> {
  const records = new Map(parseInstalled(text, path, log).map((record) => [keyOf(record), record]));
  const layers = await layersOfKeys(tree, path, {
    keys: new Set(records.keys()),
    // What is wrong with a state that has been replaced says nothing about what is present.
    keysOf: (older) => parseInstalled(decodeLatin1(older), path, new FailureLog()).map(keyOf),
    limitBytes: MAX_DATABASE_BYTES,
    log,
    signal,
  });
  return new Map([...records].map(([key, record]) => [key, toFacts(record, path, layers.get(key))]));
}

function toFacts(record: ApkRecord, path: string, layer: Digest | undefined): PackageFacts {
  return { type: "apk", ...record, ...(layer !== undefined && { layer }), paths: [path] };
}
