import type { Digest, FilePattern, FileTree, PackageFacts } from "@pratique/core";
import type { CatalogContext, Cataloger, CatalogResult } from "../../cataloger.ts";
import { decodeLatin1 } from "../../decode-text.ts";
import { FailureLog } from "../../failure-log.ts";
import { installedRecords } from "../../installed-records.ts";
import { readFile } from "../../read-file.ts";
import { type ApkDatabase, findOwners } from "./find-owners.ts";
import { type ApkRecord, parseInstalled } from "./parse-installed.ts";

/** Since apk-tools 3 the database lies below `usr`; the old name is then a symlink, or is not there. */
const DATABASES: readonly string[] = ["lib/apk/db/installed", "usr/lib/apk/db/installed"];
const MAX_DATABASE_BYTES = 64 * 1024 * 1024;

const databasePattern: FilePattern = { paths: DATABASES };

/** Alpine and theirs. */
export const apk: Cataloger = {
  name: "apk",
  version: 4,
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
    const records = await installedRecords(tree, content, {
      path,
      parse: (state, stateLog) => parseInstalled(decodeLatin1(state), path, stateLog),
      limitBytes: MAX_DATABASE_BYTES,
      log,
      signal,
    });
    for (const [key, { record, layer }] of records) {
      const facts = toFacts(record, path, layer);
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
    findOwners: async (paths, runnable) => findOwners(tree, databases, { paths, runnable }),
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

function toFacts(record: ApkRecord, path: string, layer: Digest | undefined): PackageFacts {
  return { type: "apk", ...record, ...(layer !== undefined && { layer }), paths: [path] };
}
