import type { FilePattern, FileTree, PackageFacts } from "@pratique/core";
import type { CatalogContext, Cataloger, CatalogResult } from "../../cataloger.ts";
import { FailureLog } from "../../failure-log.ts";
import type { MatchedFile } from "../../matched-files.ts";
import { readMatched } from "../../read-matched.ts";
import { type NpmManifest, parseManifest } from "./parse-manifest.ts";
import { isPlugAndPlay, plugAndPlay, readPlugAndPlay } from "./plug-n-play.ts";

const MAX_MANIFESTS = 200_000;
const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;
const MAX_MAPS = 1000;
/** Of thousands of packages. */
const MAX_MAP_BYTES = 32 * 1024 * 1024;

const manifests: FilePattern = { basenames: ["package.json"], inside: "node_modules" };

/** Where releases are unpacked beside the package manager, as Yarn is in images of Node.js: `/opt/yarn-v1.22.22`. */
const releases: readonly FilePattern[] = ["opt", "local"].map((inside) => ({
  basenames: ["package.json"],
  inside,
}));
/** Where the Node.js of Debian looks, too: `/usr/share/nodejs`, and directories of that name below `/usr/lib`. */
const distributed: FilePattern = { basenames: ["package.json"], inside: "nodejs" };
const patterns = [manifests, ...releases, distributed];

/**
 * What npm, yarn or pnpm installed: the package of each directory that Node.js looks for packages in, those that Yarn keeps in
 * archives, and releases that were unpacked into a directory of their name and version.
 */
export const npm: Cataloger = { name: "npm", version: 5, patterns: [...patterns, plugAndPlay], catalog };

async function catalog(tree: FileTree, { signal }: CatalogContext): Promise<CatalogResult> {
  const log = new FailureLog();
  const packages = await readMatched(tree, patterns, {
    accepts: (path) => isInstalled(path) || releaseOf(path) !== undefined,
    parse: (file, content) => toFacts(file, content, log),
    maxFiles: MAX_MANIFESTS,
    maxBytesEach: MAX_MANIFEST_BYTES,
    log,
    signal,
  });
  const archived = await readMatched(tree, [plugAndPlay], {
    accepts: isPlugAndPlay,
    parse: ({ path, layer }, content) => readPlugAndPlay(content).map((found) => factsOf(found, path, layer)),
    maxFiles: MAX_MAPS,
    maxBytesEach: MAX_MAP_BYTES,
    log,
    signal,
  });
  return { packages: [...packages, ...archived.flat()], failures: log.list() };
}

/**
 * Whether a manifest stands where Node.js looks for the root of a package: `node_modules/name` or
 * `node_modules/@scope/name`. Deeper ones only set options for a part of a package.
 */
function isInstalled(path: string): boolean {
  return INSTALLED.test(path);
}

const INSTALLED =
  /(?:(?:^|\/)node_modules|^usr\/(?:share|lib|lib\/[^/]+)\/nodejs)\/(?:@[^/]+\/)?[^/@][^/]*\/package\.json$/u;

/** The name of the directory of a release, outside of what is installed: `yarn-v1.22.22`. */
function releaseOf(path: string): string | undefined {
  if (/(?:^|\/)node_modules\//u.test(path) || isInstalled(path)) return undefined;
  return /(?:^|\/)(?<directory>[^/]+-v?\d[^/]*)\/package\.json$/u.exec(path)?.groups?.directory;
}

function toFacts({ path, layer }: MatchedFile, content: Buffer, log: FailureLog): PackageFacts | undefined {
  const manifest = parseManifest(content);
  const release = releaseOf(path);
  if (release !== undefined)
    return isReleaseOf(release, manifest) ? factsOf(manifest, path, layer) : undefined;
  if (typeof manifest === "string") log.add("PACKAGE_RECORD_MALFORMED", manifest, path);
  if (manifest === undefined || typeof manifest === "string") return undefined;
  return factsOf(manifest, path, layer);
}

/** A directory that is named otherwise is somebody's own project, which is no package of the registry. */
function isReleaseOf(directory: string, manifest: ReturnType<typeof parseManifest>): manifest is NpmManifest {
  if (typeof manifest !== "object") return false;
  const { name, version } = manifest;
  return directory === `${name}-v${version}` || directory === `${name}-${version}`;
}

function factsOf(manifest: NpmManifest, path: string, layer: MatchedFile["layer"]): PackageFacts {
  return { type: "npm", ...manifest, ...(layer !== undefined && { layer }), paths: [path] };
}
