import type { Digest, FilePattern, FileTree, PackageFacts } from "@pratique/core";
import type { CatalogContext, Cataloger, CatalogResult } from "../../cataloger.ts";
import { decodeLatin1 } from "../../decode-text.ts";
import { FailureLog } from "../../failure-log.ts";
import { installedRecords } from "../../installed-records.ts";
import { matchedFiles } from "../../matched-files.ts";
import { readFile } from "../../read-file.ts";
import { type OpkgRecord, parseStatus } from "./parse-status.ts";

const MAX_DATABASE_BYTES = 64 * 1024 * 1024;

/** OpenWrt has the first, distributions of the Yocto project either. */
const databases: FilePattern = { paths: ["usr/lib/opkg/status", "var/lib/opkg/status"] };

/** OpenWrt until 24.10, and what the Yocto project builds with opkg. */
export const opkg: Cataloger = { name: "opkg", version: 3, patterns: [databases], catalog };

async function catalog(tree: FileTree, { signal }: CatalogContext): Promise<CatalogResult> {
  const log = new FailureLog();
  const packages: PackageFacts[] = [];
  for (const { path } of matchedFiles(tree, [databases])) {
    packages.push(...(await readDatabase(tree, path, { log, signal })));
  }
  return { packages, failures: log.list() };
}

async function readDatabase(
  tree: FileTree,
  path: string,
  { log, signal }: { readonly log: FailureLog; readonly signal: AbortSignal | undefined },
): Promise<readonly PackageFacts[]> {
  const options = {
    limitBytes: MAX_DATABASE_BYTES,
    code: "PACKAGE_DATABASE_UNREADABLE",
    log,
    signal,
  } as const;
  const content = await readFile(tree, path, options);
  if (content === undefined) return [];
  const records = await installedRecords(tree, content, {
    path,
    parse: (state, stateLog) => parseStatus(decodeLatin1(state), path, stateLog),
    limitBytes: MAX_DATABASE_BYTES,
    log,
    signal,
  });
  return [...records.values()].map(({ record, layer }) => toFacts(record, path, layer));
}

function toFacts(record: OpkgRecord, path: string, layer: Digest | undefined): PackageFacts {
  return { type: "opkg", ...record, ...(layer !== undefined && { layer }), paths: [path] };
}
