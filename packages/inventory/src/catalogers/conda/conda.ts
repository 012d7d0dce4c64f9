import type { FilePattern, FileTree, PackageFacts } from "@pratique/core";
import type { CatalogContext, Cataloger, CatalogResult } from "../../cataloger.ts";
import { FailureLog } from "../../failure-log.ts";
import type { MatchedFile } from "../../matched-files.ts";
import { readMatched } from "../../read-matched.ts";
import { parseRecord } from "./parse-record.ts";

const MAX_RECORDS = 100_000;
const MAX_RECORD_BYTES = 32 * 1024 * 1024;

const records: FilePattern = { suffixes: [".json"], inside: "conda-meta" };

/** What conda, mamba or pixi installed: one record for each package of an environment. */
export const conda: Cataloger = { name: "conda", version: 2, patterns: [records], catalog };

async function catalog(tree: FileTree, { signal }: CatalogContext): Promise<CatalogResult> {
  const log = new FailureLog();
  const packages = await readMatched(tree, [records], {
    accepts: (path) => /(?:^|\/)conda-meta\/[^/]+\.json$/u.test(path),
    parse: (file, content) => toFacts(file, content, log),
    maxFiles: MAX_RECORDS,
    maxBytesEach: MAX_RECORD_BYTES,
    log,
    signal,
  });
  return { packages, failures: log.list() };
}

function toFacts({ path, layer }: MatchedFile, content: Buffer, log: FailureLog): PackageFacts | undefined {
  const record = parseRecord(content);
  if (typeof record === "string") {
    log.add("PACKAGE_RECORD_MALFORMED", record, path);
    return undefined;
  }
  return { type: "conda", ...record, ...(layer !== undefined && { layer }), paths: [path] };
}
