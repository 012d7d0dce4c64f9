import type { FilePattern, FileTree, PackageFacts } from "@pratique/core";
import type { CatalogContext, Cataloger, CatalogResult } from "../../cataloger.ts";
import { FailureLog } from "../../failure-log.ts";
import type { MatchedFile } from "../../matched-files.ts";
import { readMatched } from "../../read-matched.ts";
import { type InstalledList, type PhpPackage, parseInstalled } from "./parse-installed.ts";
import { parsePhar } from "./parse-phar.ts";
import { parseRegistry } from "./parse-registry.ts";

const MAX_FILES = 50_000;
const MAX_BYTES = 32 * 1024 * 1024;

const installed: FilePattern = { basenames: ["installed.json"], inside: "composer" };
const registry: FilePattern = { suffixes: [".reg"], inside: ".registry" };
/** Programs in one file, which images have under these names, too. */
const archives: FilePattern = { suffixes: [".phar"], basenames: ["composer", "wp"] };

/** What Composer installed into a vendor directory or a program in one file, and what PEAR and PECL installed beside PHP. */
export const php: Cataloger = {
  name: "php",
  version: 3,
  patterns: [installed, registry, archives],
  catalog,
};

async function catalog(tree: FileTree, { signal }: CatalogContext): Promise<CatalogResult> {
  const log = new FailureLog();
  const limits = { maxFiles: MAX_FILES, maxBytesEach: MAX_BYTES, log, signal };
  const lists = await readMatched(tree, [installed], {
    accepts: (path) => /(?:^|\/)composer\/installed\.json$/u.test(path),
    parse: (file, content) => toPackages(file, parseInstalled(content), log),
    ...limits,
  });
  const records = await readMatched(tree, [registry], {
    accepts: (path) => /(?:^|\/)\.registry\/(?:\.channel\.[^/]+\/)?[^/]+\.reg$/u.test(path),
    parse: (file, content) => toRecord(file, content, log),
    ...limits,
  });
  const programs = await readMatched(tree, [archives], {
    accepts: (path) => /(?:\.phar|(?:^|\/)(?:composer|wp))$/u.test(path),
    parse: (file, content) => toPackages(file, parsePhar(content), log),
    ...limits,
  });
  return { packages: [...lists.flat(), ...records, ...programs.flat()], failures: log.list() };
}

function toPackages(
  file: MatchedFile,
  list: InstalledList | undefined,
  log: FailureLog,
): readonly PackageFacts[] {
  const { packages, faults } = list ?? { packages: [], faults: [] };
  for (const fault of faults) log.add("PACKAGE_RECORD_MALFORMED", fault, file.path);
  return packages.map((found) => toFacts(file, found));
}

function toRecord(file: MatchedFile, content: Buffer, log: FailureLog): PackageFacts | undefined {
  const found = parseRegistry(content);
  if (typeof found !== "string") return toFacts(file, found);
  log.add("PACKAGE_RECORD_MALFORMED", found, file.path);
  return undefined;
}

function toFacts({ path, layer }: MatchedFile, found: PhpPackage): PackageFacts {
  return { type: "composer", ...found, ...(layer !== undefined && { layer }), paths: [path] };
}
