import { type FunctionKey, NAME_HASH_START, stepNameHash, writeFunctions } from "@pratique/core";
import type { PackageFunctions } from "./function-names.ts";
import type { GoModules } from "./modules.ts";

/** Functions of all modules of a program, some of which may be counted for several; more are not as anybody builds. */
const MAX_KEYS = 1_000_000;
/** Elements of the path of a package; the deepest have some twenty. */
const MAX_DEPTH = 64;

/**
 * Which functions of each module a program holds: of the library first, then of the main module (empty where it has none)
 * and of the dependencies in their order. A package that could be part of several modules counts for each of them.
 * Undefined where that makes more than {@link MAX_KEYS}, or a path has more than {@link MAX_DEPTH} elements.
 */
export function functionsByModule(
  packages: PackageFunctions,
  modules: GoModules,
): readonly string[] | undefined {
  const { main, mainPackage = "main", dependencies, platform } = modules;
  const library: FunctionKey[] = [];
  const paths = new Map<string, FunctionKey[]>();
  for (const module of [main, ...dependencies]) {
    if (module !== undefined) paths.set(module.importedAs ?? module.path, []);
  }
  let count = 0;
  for (const [linked, names] of packages) {
    const path = linked === "main" ? mainPackage : linked;
    if (isOfLibrary(path)) count += addKeys(library, path, names);
    if (path.split("/", MAX_DEPTH + 1).length > MAX_DEPTH) return undefined;
    for (let end = path.length; end > 0; end = path.lastIndexOf("/", end - 1)) {
      const found = paths.get(path.slice(0, end));
      if (found !== undefined) count += addKeys(found, path.slice(end + 1), names);
      if (count > MAX_KEYS) return undefined;
    }
  }
  const written = new Map([...paths].map(([path, keys]) => [path, writeFunctions(platform, keys)]));
  const told = [main, ...dependencies].map(
    (module) => written.get(module?.importedAs ?? module?.path ?? "") ?? "",
  );
  return [writeFunctions(platform, library), ...told];
}

/** The library's packages, and those of the toolchain, have no dot in front of their first slash. */
function isOfLibrary(path: string): boolean {
  const slash = path.indexOf("/");
  return !path.slice(0, slash < 0 ? path.length : slash).includes(".");
}

function addKeys(keys: FunctionKey[], below: string, names: ReadonlySet<number>): number {
  let path = NAME_HASH_START;
  for (let at = 0; at < below.length; at += 1) path = stepNameHash(path, below.charCodeAt(at));
  for (const name of names) keys.push({ path, name });
  return names.size;
}
