import type { FilePattern, FileTree, PackageFacts } from "@pratique/core";
import type { CatalogContext, Cataloger, CatalogResult } from "../../cataloger.ts";
import { FailureLog } from "../../failure-log.ts";
import type { MatchedFile } from "../../matched-files.ts";
import { readMatched } from "../../read-matched.ts";
import { parseResolved } from "./parse-resolved.ts";

const MAX_FILES = 10_000;
const MAX_BYTES = 16 * 1024 * 1024;

const resolved: FilePattern = { basenames: ["Package.resolved"] };
/** What the package manager keeps of the packages that it has checked out; its content is not needed. */
const workspaces: FilePattern = { basenames: ["workspace-state.json"], inside: ".build" };

/** What Swift's package manager checked out and built. */
export const swift: Cataloger = { name: "swift", version: 1, patterns: [resolved, workspaces], catalog };

async function catalog(tree: FileTree, { signal }: CatalogContext): Promise<CatalogResult> {
  const log = new FailureLog();
  const packages = await readMatched(tree, [resolved], {
    accepts: (path) => isCheckedOut(tree, path),
    parse: (file, content) => toFacts(file, content, log),
    maxFiles: MAX_FILES,
    maxBytesEach: MAX_BYTES,
    log,
    signal,
  });
  return { packages: packages.flat(), failures: log.list() };
}

/** A lock by itself is a wish. */
function isCheckedOut(tree: FileTree, path: string): boolean {
  const directory = path.slice(0, path.lastIndexOf("/") + 1);
  return tree.stat(`${directory}.build/workspace-state.json`)?.kind === "file";
}

function toFacts({ path, layer }: MatchedFile, content: Buffer, log: FailureLog): readonly PackageFacts[] {
  const { packages, faults } = parseResolved(content);
  for (const fault of faults) log.add("PACKAGE_RECORD_MALFORMED", fault, path);
  return packages.map((found) => ({
    type: "swift",
    ...found,
    ...(layer !== undefined && { layer }),
    paths: [path],
  }));
}
