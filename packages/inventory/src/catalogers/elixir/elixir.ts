import type { FilePattern, FileTree, PackageFacts } from "@pratique/core";
import type { CatalogContext, Cataloger, CatalogResult } from "../../cataloger.ts";
import { FailureLog } from "../../failure-log.ts";
import type { MatchedFile } from "../../matched-files.ts";
import { mergeFacts } from "../../merge-facts.ts";
import { readMatched } from "../../read-matched.ts";
import { isOfPlatform } from "./platform.ts";
import { parseApplication, parseHexMetadata } from "./terms.ts";

const MAX_FILES = 100_000;
const MAX_BYTES = 4 * 1024 * 1024;

/** What Hex packs into each package. */
const metadata: FilePattern = { basenames: ["hex_metadata.config"], inside: "deps" };
/** What was compiled, be it in a build directory or a release. */
const applications: FilePattern = { suffixes: [".app"], inside: "ebin" };
/** A release, named after the application that it is of. */
const releases: FilePattern = { suffixes: [".rel"], inside: "releases" };

/** Packages of Hex that Mix or rebar3 fetched or compiled, also in releases. */
export const elixir: Cataloger = {
  name: "elixir",
  version: 1,
  patterns: [metadata, applications, releases],
  catalog,
};

async function catalog(tree: FileTree, { signal }: CatalogContext): Promise<CatalogResult> {
  const log = new FailureLog();
  const own = ownApplications(tree);
  const packages = await readMatched(tree, [metadata, applications], {
    accepts: (path) => isMetadata(path) || (isApplication(path) && !own.has(stemOf(path))),
    parse: (file, content) => toFacts(file, content, log),
    maxFiles: MAX_FILES,
    maxBytesEach: MAX_BYTES,
    log,
    signal,
  });
  return { packages: mergeFacts(packages), failures: log.list() };
}

/** What a release was made of is no package of Hex, though another there may have its name. */
function ownApplications(tree: FileTree): ReadonlySet<string> {
  return new Set([...tree.match(releases)].map(({ path }) => stemOf(path)));
}

function isMetadata(path: string): boolean {
  return /(?:^|\/)deps\/[^/]+\/hex_metadata\.config$/u.test(path);
}

/** `lib/jason-1.4.1/ebin/jason.app` of a release, `_build/prod/lib/jason/ebin/jason.app` of a build. */
function isApplication(path: string): boolean {
  const groups = /(?:^|\/)(?<directory>[^/]+)\/ebin\/(?<name>[^/]+)\.app$/u.exec(path)?.groups;
  const { directory, name = "" } = groups ?? {};
  return (directory === name || directory?.startsWith(`${name}-`) === true) && !isOfPlatform(name);
}

function stemOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1, path.lastIndexOf("."));
}

function toFacts({ path, layer }: MatchedFile, content: Buffer, log: FailureLog): PackageFacts | undefined {
  const found = isMetadata(path) ? parseHexMetadata(content) : parseApplication(content);
  if (typeof found === "string") {
    log.add("PACKAGE_RECORD_MALFORMED", found, path);
    return undefined;
  }
  return { type: "hex", ...found, ...(layer !== undefined && { layer }), paths: [path] };
}
