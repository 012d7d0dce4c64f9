import type { FilePattern, FileTree, PackageFacts } from "@pratique/core";
import type { CatalogContext, Cataloger, CatalogResult } from "../../cataloger.ts";
import { FailureLog } from "../../failure-log.ts";
import type { MatchedFile } from "../../matched-files.ts";
import { readMatched } from "../../read-matched.ts";
import { type NugetList, parseDependencies } from "./parse-dependencies.ts";
import { parseRuntimeConfig } from "./parse-runtime-config.ts";

const MAX_FILES = 50_000;
const MAX_BYTES = 32 * 1024 * 1024;

const DEPENDENCIES = ".deps.json";
const RUNTIME_CONFIG = ".runtimeconfig.json";
const dependencies: FilePattern = { suffixes: [DEPENDENCIES] };
const runtimeConfigs: FilePattern = { suffixes: [RUNTIME_CONFIG] };

/** The packages that .NET programs and the shared frameworks of .NET consist of, as their hosts look for them. */
export const dotnet: Cataloger = {
  name: "dotnet",
  version: 1,
  patterns: [dependencies, runtimeConfigs],
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
  const packages = [...listed.flatMap(({ packages: all }) => all), ...unlisted(configured, listed)];
  return { packages, failures: log.list() };
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
