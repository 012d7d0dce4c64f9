import {
  isFromDistribution,
  type Package,
  type PackageUse,
  type RiskContext,
  runnableKeyOf,
  runnableKeysIn,
  scriptKeyOf,
  scriptKeysIn,
} from "@pratique/core";

/** Files of an image that processes of its containers used, relative to the root. */
export interface UsedFiles {
  readonly executed: ReadonlySet<string>;
  readonly loaded: ReadonlySet<string>;
  /** Since when all processes of all its containers are looked at; absent where some are not. */
  readonly wholeSince?: string;
}

type Use = Pick<RiskContext, "use" | "useDetail">;

/**
 * How distributions name packages of modules for interpreters (Debian's policies for each; Fedora's and Alpine's guidelines):
 * a program among their files is not all that is used of them.
 */
const MODULES =
  /^(?:lib.+-(?:perl|ruby)|(?:lua|node|nodejs|perl|php|platform-python|py3|python[\d.]*|ruby|rubygem)-.+)$/u;
/** The interpreters themselves have such names, too. */
const INTERPRETER =
  /^(?:lua|nodejs|perl|php|platform-python|python[\d.]*|ruby)-(?:base|cli|fpm|interpreter|libs|minimal)$/u;

/** By which names a file that was used proves that a package is. */
type KeysOf = (path: string) => readonly string[];

/** Says of packages of an image whose containers run how they are used, by the files that processes used. */
export function usesOf(packages: readonly Package[], files: UsedFiles): (packageId: string) => Use {
  const used = new Map<string, Use>();
  // What was executed is in memory as well, and says more.
  for (const path of files.loaded) note(used, path, "loaded");
  for (const path of files.executed) note(used, path, "executed");
  const uses = new Map(packages.map((found) => [found.id, useOf(found, used, files)]));
  return (packageId) => uses.get(packageId) ?? { use: "image-runs" };
}

function note(used: Map<string, Use>, path: string, use: PackageUse): void {
  for (const key of keysOfFile(path)) used.set(key, { use, useDetail: `/${path}` });
}

function useOf(found: Package, used: ReadonlyMap<string, Use>, { wholeSince }: UsedFiles): Use {
  const keys = keysOfPackage(found);
  for (const use of ["executed", "loaded"]) {
    for (const key of keys) if (used.get(key)?.use === use) return used.get(key) ?? {};
  }
  if (wholeSince === undefined || !isSeenWhereUsed(found)) return { use: "image-runs" };
  return { use: "not-seen", useDetail: `no process that ran for long had a file of it since ${wholeSince}` };
}

/**
 * Packages of interpreters are read and closed; only what is executed or stays in memory cannot be used unseen. Of a package
 * of scripts alone, as one of modules is, it would be wrong to say that it is not seen.
 */
function isSeenWhereUsed({ type, name, paths, runnable = "" }: Package): boolean {
  if (type === "golang" || type === "cargo") return paths.length > 0;
  const [program] = runnableKeysIn(runnable);
  return isFromDistribution(type) && program !== undefined && (!MODULES.test(name) || INTERPRETER.test(name));
}

const keysOfFile: KeysOf = (path) => {
  const key = runnableKeyOf(path) ?? scriptKeyOf(path);
  const inside = [moduleOfNode(path), moduleOfPython(path)].filter((one) => one !== undefined);
  return [fileKey(path), ...inside, ...(key === undefined ? [] : [runnableKey(key)])];
};

function keysOfPackage({ type, name, paths, runnable = "" }: Package): readonly string[] {
  // The paths of a distribution's package are those of the database that tells of it.
  if (isFromDistribution(type)) {
    return [...runnableKeysIn(runnable), ...scriptKeysIn(runnable)].map(runnableKey);
  }
  // Of an archive in an archive the outermost is opened.
  const files = paths.map((path) => fileKey(path.split("!/", 1)[0] ?? path));
  if (type === "npm") return [...files, ...paths.flatMap((path) => moduleOfNode(path) ?? [])];
  if (type === "pypi") return [...files, ...paths.flatMap((path) => pythonKey(path, name) ?? [])];
  return files;
}

function fileKey(path: string): string {
  return `file ${path}`;
}

function runnableKey(key: number): string {
  return `runnable ${key}`;
}

/** The innermost package of Node that a file lies in. */
function moduleOfNode(path: string): string | undefined {
  const directory = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/@][^/]*(?=\/)/u.exec(path)?.[0];
  return directory === undefined ? undefined : `node ${directory}`;
}

/** The module that a file lies in, or the libraries that were packed with it: `numpy/core/x.so`, `numpy.libs/y.so`. */
function moduleOfPython(path: string): string | undefined {
  const { top } = /^.*\/(?:site|dist)-packages\/(?<top>[^/]+)\//u.exec(path)?.groups ?? {};
  return top === undefined ? undefined : pythonKey(path, top.replace(/\.libs$/u, ""));
}

/** A package of Python mostly has the name of its module, but for signs and capitals. */
function pythonKey(path: string, name: string): string | undefined {
  const site = /^.*\/(?:site|dist)-packages\//u.exec(path)?.[0];
  return site === undefined ? undefined : `python ${site}${name.toLowerCase().replace(/[-_.]+/gu, "-")}`;
}
