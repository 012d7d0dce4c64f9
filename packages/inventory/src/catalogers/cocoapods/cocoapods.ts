import type { FilePattern, FileTree, PackageFacts } from "@pratique/core";
import type { CatalogContext, Cataloger, CatalogResult } from "../../cataloger.ts";
import { FailureLog } from "../../failure-log.ts";
import type { MatchedFile } from "../../matched-files.ts";
import { readMatched } from "../../read-matched.ts";
import { parseManifest } from "./parse-manifest.ts";

const MAX_MANIFESTS = 10_000;
const MAX_MANIFEST_BYTES = 16 * 1024 * 1024;

/** The copy of `Podfile.lock` that CocoaPods makes of what it has installed into `Pods`. */
const manifests: FilePattern = { basenames: ["Manifest.lock"], inside: "Pods" };

/** What CocoaPods installed. */
export const cocoapods: Cataloger = { name: "cocoapods", version: 1, patterns: [manifests], catalog };

async function catalog(tree: FileTree, { signal }: CatalogContext): Promise<CatalogResult> {
  const log = new FailureLog();
  const packages = await readMatched(tree, [manifests], {
    accepts: (path) => /(?:^|\/)Pods\/Manifest\.lock$/u.test(path),
    parse: (file, content) => toFacts(file, content, log),
    maxFiles: MAX_MANIFESTS,
    maxBytesEach: MAX_MANIFEST_BYTES,
    log,
    signal,
  });
  return { packages: packages.flat(), failures: log.list() };
}

function toFacts({ path, layer }: MatchedFile, content: Buffer, log: FailureLog): readonly PackageFacts[] {
  const { pods, faults } = parseManifest(content);
  for (const fault of faults) log.add("PACKAGE_RECORD_MALFORMED", fault, path);
  return pods.map((pod) => ({
    type: "cocoapods",
    ...pod,
    ...(layer !== undefined && { layer }),
    paths: [path],
  }));
}
