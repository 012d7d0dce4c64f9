import type { FilePattern, FileTree, PackageFacts } from "@pratique/core";
import type { CatalogContext, Cataloger, CatalogResult } from "../../cataloger.ts";
import { FailureLog } from "../../failure-log.ts";
import type { MatchedFile } from "../../matched-files.ts";
import { readMatched } from "../../read-matched.ts";
import { ASSEMBLY, BUNDLE, inspectDotnet } from "./inspect-dotnet.ts";
import { type NugetList, parseDependencies } from "./parse-dependencies.ts";
import { parseRuntimeConfig } from "./parse-runtime-config.ts";

const MAX_FILES = 50_000;
const MAX_BYTES = 32 * 1024 * 1024;

const DEPENDENCIES = ".deps.json";
const RUNTIME_CONFIG = ".runtimeconfig.json";
const dependencies: FilePattern = { suffixes: [DEPENDENCIES] };
const runtimeConfigs: FilePattern = { suffixes: [RUNTIME_CONFIG] };
const programs: FilePattern = { programs: inspectDotnet };

/** Programs and assemblies of one image. */
const MAX_PROGRAMS = 50_000;

/**
 * The packages that .NET programs and the shared frameworks of .NET consist of, as their hosts look for them; of a program
 * that is a single file by the list in it, and of assemblies that no list speaks of by what they say of themselves.
 */
export const dotnet: Cataloger = {
  name: "dotnet",
  version: 2,
  patterns: [dependencies, runtimeConfigs, programs],
  catalog,
};

/** What one file says. */
interface Listing {
  /** The path without its ending, which files about one program share. */
  readonly program: string;
  readonly packages: readonly PackageFacts[];
}

async function catalog(tree: FileTree, { signal }: CatalogContext): Promise<CatalogResult> {
  const log = new FailureLog();
  const limits = { accepts: () => true, maxFiles: MAX_FILES, maxBytesEach: MAX_BYTES, log, signal };
  const listed = await readMatched(tree, [dependencies], {
    parse: (file, content) => toListing(file, DEPENDENCIES, parseDependencies(content), log),
    ...limits,
  });
  const configured = await readMatched(tree, [runtimeConfigs], {
    parse: (file, content) => toListing(file, RUNTIME_CONFIG, parseRuntimeConfig(content), log),
    ...limits,
  });
  const directories = new Set(listed.map(({ program }) => directoryOf(program)));
  const packages = [
    ...listed.flatMap(({ packages: all }) => all),
    ...unlisted(configured, listed),
    ...packagesOfPrograms(tree, directories, { log, signal }),
  ];
  return { packages, failures: log.list() };
}

function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/") + 1);
}

/** Assemblies against which others are compiled and which nobody runs, and those of Mono, which are no packages of NuGet. */
const NO_PACKAGE = /(?:^|\/)(?:packs|ref|mono)\//u;

interface ProgramsOptions {
  readonly log: FailureLog;
  readonly signal: AbortSignal | undefined;
}

function packagesOfPrograms(
  tree: FileTree,
  listed: ReadonlySet<string>,
  { log, signal }: ProgramsOptions,
): readonly PackageFacts[] {
  const packages: PackageFacts[] = [];
  let count = 0;
  for (const { path, excerpt } of tree.excerpts(inspectDotnet)) {
    signal?.throwIfAborted();
    count += 1;
    if (count > MAX_PROGRAMS) {
      log.add("LIMIT_REACHED", `more than ${MAX_PROGRAMS} programs and assemblies of .NET`, path);
      break;
    }
    const [kind, ...lines] = Buffer.from(excerpt).toString("utf8").split("\n");
    // Where there is a list, its host loads what that names, and it names the packages.
    const counts =
      kind === BUNDLE || (kind === ASSEMBLY && !listed.has(directoryOf(path)) && !NO_PACKAGE.test(path));
    if (!counts) continue;
    const layer = tree.stat(path)?.layer;
    for (const line of lines) {
      const [name, version] = line.split("\t");
      if (name === undefined || version === undefined) continue;
      packages.push({ type: "nuget", name, version, ...(layer !== undefined && { layer }), paths: [path] });
    }
  }
  return packages;
}

function toListing(
  { path, layer }: MatchedFile,
  ending: string,
  { packages: found, faults }: NugetList,
  log: FailureLog,
): Listing {
  const program = path.slice(0, -ending.length);
  for (const fault of faults) log.add("PACKAGE_RECORD_MALFORMED", fault, path);
  const packages = found.map(({ name, version }): PackageFacts => {
    return { type: "nuget", name, version, ...(layer !== undefined && { layer }), paths: [path] };
  });
  return { program, packages };
}

/** Frameworks inside a program that its list of dependencies does not name as the runtime of a platform. */
function unlisted(configured: readonly Listing[], listed: readonly Listing[]): readonly PackageFacts[] {
  const byProgram = new Map(listed.map(({ program, packages }) => [program, packages]));
  return configured.flatMap(({ program, packages }) => {
    const known = (byProgram.get(program) ?? []).map(({ name }) => name.toLowerCase());
    return packages.filter(({ name }) => {
      const prefix = `${name.toLowerCase()}.runtime.`;
      return !known.some((other) => other.startsWith(prefix));
    });
  });
}
