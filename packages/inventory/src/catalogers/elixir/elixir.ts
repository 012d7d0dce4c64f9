import type { FilePattern, FileTree, PackageFacts } from "@pratique/core";
import type { CatalogContext, Cataloger, CatalogResult } from "../../cataloger.ts";
import { FailureLog } from "../../failure-log.ts";
import type { MatchedFile } from "../../matched-files.ts";
import { mergeFacts } from "../../merge-facts.ts";
import { readMatched } from "../../read-matched.ts";
import { hexApplications } from "./locks.ts";
import { isOfPlatform } from "./platform.ts";
import { parseApplication, parseHexMetadata } from "./terms.ts";

const MAX_FILES = 100_000;
const MAX_BYTES = 4 * 1024 * 1024;

/** What Hex packs into each package: Mix unpacks it in `deps`, rebar3 in `_build/default/lib`. */
const metadata: FilePattern = { basenames: ["hex_metadata.config"] };
/** Where the packages of a project are from. */
const locks: FilePattern = { basenames: ["mix.lock", "rebar.lock"] };
/** What was compiled, be it in a build directory or a release. */
const applications: FilePattern = { suffixes: [".app"], inside: "ebin" };
/** A release, named after the application that it is of. */
const releases: FilePattern = { suffixes: [".rel"], inside: "releases" };

/** Packages of Hex that Mix or rebar3 fetched or compiled, also in releases. */
export const elixir: Cataloger = {
  name: "elixir",
  version: 4,
  patterns: [metadata, locks, applications, releases],
  catalog,
};

async function catalog(tree: FileTree, { signal }: CatalogContext): Promise<CatalogResult> {
  const log = new FailureLog();
  const limits = { maxFiles: MAX_FILES, maxBytesEach: MAX_BYTES, log, signal };
  const own = ownApplications(tree);
  const projects = projectsOf(
    await readMatched(tree, [locks], {
      ...limits,
      accepts: () => true,
      parse: ({ path }, content): Lock => ({
        project: path.slice(0, path.lastIndexOf("/") + 1),
        fromHex: hexApplications(path, content),
      }),
    }),
  );
  for (const { path } of tree.match(metadata)) noteMetadata(projects, path);
  const packages = await readMatched(tree, [metadata, applications], {
    ...limits,
    accepts: (path) => METADATA.test(path) || isApplication(path, { own, projects }),
    parse: (file, content) => toFacts(file, content, { projects, log }),
  });
  return { packages: mergeFacts(packages), failures: log.list() };
}

/** By the directory of a project, with the slash at its end: its applications that are from Hex, and their packages. */
type Projects = ReadonlyMap<string, ReadonlyMap<string, string>>;

interface Lock {
  readonly project: string;
  readonly fromHex: ReadonlyMap<string, string>;
}

function projectsOf(found: readonly Lock[]): Map<string, Map<string, string>> {
  const projects = new Map<string, Map<string, string>>();
  for (const { project, fromHex } of found)
    projects.set(project, new Map([...(projects.get(project) ?? []), ...fromHex]));
  return projects;
}

/** A package that lies there with its metadata is from Hex, whether or not a lock says so. */
function noteMetadata(projects: Map<string, Map<string, string>>, path: string): void {
  const { project = "", application = "" } = METADATA.exec(path)?.groups ?? {};
  if (application === "") return;
  const fromHex = projects.get(project) ?? new Map<string, string>();
  projects.set(project, fromHex);
  if (!fromHex.has(application)) fromHex.set(application, application);
}

/** What a release was made of is no package of Hex, though another there may have its name. */
function ownApplications(tree: FileTree): ReadonlySet<string> {
  return new Set([...tree.match(releases)].map(({ path }) => stemOf(path)));
}

const METADATA =
  /^(?<project>(?:.*\/)?)(?:deps|_build\/[^/]+\/lib)\/(?<application>[^/]+)\/hex_metadata\.config$/u;
/** The directory of a project, of what lies among its dependencies or was built in it. */
const IN_PROJECT = /^(?<project>(?:.*?\/)?)(?:deps|_build)\//u;
/** `lib/jason-1.4.1/ebin/jason.app` of a release, `_build/prod/lib/jason/ebin/jason.app` of a build. */
const APPLICATION = /(?:^|\/)(?<directory>[^/]+)\/ebin\/(?<name>[^/]+)\.app$/u;

/**
 * Whether an application is from Hex. In a project its lock and the metadata tell. A release tells nothing of that, be it in a
 * directory that it was built in without them (`_build/prod/rel/shop`): all but what it was made of counts.
 */
function isApplication(
  path: string,
  { own, projects }: { readonly own: ReadonlySet<string>; readonly projects: Projects },
): boolean {
  const { directory = "", name = "" } = APPLICATION.exec(path)?.groups ?? {};
  const isReleased = directory.startsWith(`${name}-`);
  if ((directory !== name && !isReleased) || isOfPlatform(name) || own.has(name)) return false;
  const project = IN_PROJECT.exec(path)?.groups?.project;
  const fromHex = project === undefined ? undefined : projects.get(project);
  return fromHex === undefined ? isReleased : fromHex.has(name);
}

function stemOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1, path.lastIndexOf("."));
}

function toFacts(
  { path, layer }: MatchedFile,
  content: Buffer,
  { projects, log }: { readonly projects: Projects; readonly log: FailureLog },
): PackageFacts | undefined {
  const isMetadata = METADATA.test(path);
  const found = isMetadata ? parseHexMetadata(content) : parseApplication(content);
  if (typeof found === "string") {
    log.add("PACKAGE_RECORD_MALFORMED", found, path);
    return undefined;
  }
  const project = isMetadata ? undefined : IN_PROJECT.exec(path)?.groups?.project;
  const name = project === undefined ? undefined : projects.get(project)?.get(found.name);
  return {
    type: "hex",
    ...found,
    ...(name !== undefined && { name }),
    ...(layer !== undefined && { layer }),
    paths: [path],
  };
}
