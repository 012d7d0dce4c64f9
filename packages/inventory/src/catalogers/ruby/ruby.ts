import type { FilePattern, FileTree, PackageFacts } from "@pratique/core";
import type { CatalogContext, Cataloger, CatalogResult } from "../../cataloger.ts";
import { FailureLog } from "../../failure-log.ts";
import type { MatchedFile } from "../../matched-files.ts";
import { readMatched } from "../../read-matched.ts";
import { parseGemspec } from "./parse-gemspec.ts";

const MAX_SPECIFICATIONS = 100_000;
const MAX_SPECIFICATION_BYTES = 4 * 1024 * 1024;

const specifications: FilePattern = { suffixes: [".gemspec"], inside: "specifications" };

/** What RubyGems and Bundler installed, and the gems that come with Ruby itself (`specifications/default`). */
export const ruby: Cataloger = { name: "ruby", version: 2, patterns: [specifications], catalog };

async function catalog(tree: FileTree, { signal }: CatalogContext): Promise<CatalogResult> {
  const log = new FailureLog();
  const packages = await readMatched(tree, [specifications], {
    accepts: () => true,
    parse: (file, content) => toFacts(file, content, log),
    maxFiles: MAX_SPECIFICATIONS,
    maxBytesEach: MAX_SPECIFICATION_BYTES,
    log,
    signal,
  });
  return { packages, failures: log.list() };
}

function toFacts({ path, layer }: MatchedFile, content: Buffer, log: FailureLog): PackageFacts | undefined {
  const gem = parseGemspec(content, path.slice(path.lastIndexOf("/") + 1));
  if (typeof gem === "string") {
    log.add("PACKAGE_RECORD_MALFORMED", gem, path);
    return undefined;
  }
  return { type: "gem", ...gem, ...(layer !== undefined && { layer }), paths: [path] };
}
