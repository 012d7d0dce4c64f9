import type { FilePattern, FileTree, PackageFacts } from "@pratique/core";
import type { CatalogContext, Cataloger, CatalogResult } from "../../cataloger.ts";
import { FailureLog } from "../../failure-log.ts";
import type { MatchedFile } from "../../matched-files.ts";
import { readMatched } from "../../read-matched.ts";
import { parseManifest } from "./parse-manifest.ts";

const MAX_MANIFESTS = 200_000;
const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;

const manifests: FilePattern = { basenames: ["package.json"], inside: "node_modules" };

/** What npm, yarn or pnpm installed: the package of each directory that Node.js looks for packages in. */
export const npm: Cataloger = { name: "npm", version: 2, patterns: [manifests], catalog };

async function catalog(tree: FileTree, { signal }: CatalogContext): Promise<CatalogResult> {
  const log = new FailureLog();
  const packages = await readMatched(tree, [manifests], {
    accepts: isInstalled,
    parse: (file, content) => toFacts(file, content, log),
    maxFiles: MAX_MANIFESTS,
    maxBytesEach: MAX_MANIFEST_BYTES,
    log,
    signal,
  });
  return { packages, failures: log.list() };
}

/**
 * Whether a manifest stands where Node.js looks for the root of a package: `node_modules/name` or
 * `node_modules/@scope/name`. Deeper ones only set options for a part of a package.
 */
function isInstalled(path: string): boolean {
  return /(?:^|\/)node_modules\/(?:@[^/]+\/)?[^/@][^/]*\/package\.json$/u.test(path);
}

function toFacts({ path, layer }: MatchedFile, content: Buffer, log: FailureLog): PackageFacts | undefined {
  const manifest = parseManifest(content);
  if (typeof manifest === "string") log.add("PACKAGE_RECORD_MALFORMED", manifest, path);
  if (manifest === undefined || typeof manifest === "string") return undefined;
  return { type: "npm", ...manifest, ...(layer !== undefined && { layer }), paths: [path] };
}
