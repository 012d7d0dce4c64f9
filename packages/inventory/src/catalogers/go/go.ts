import { type Digest, type FilePattern, type FileTree, MiB, type PackageFacts } from "@pratique/core";
import type { CatalogContext, Cataloger, CatalogResult } from "../../cataloger.ts";
import { FailureLog } from "../../failure-log.ts";
import { type GoExcerpt, readGoExcerpt } from "./go-excerpt.ts";
import { inspectGo } from "./inspect-go.ts";
import { mainVersionOf } from "./main-version.ts";
import { type GoModules, MAX_MODULES, parseModules } from "./modules.ts";

const programs: FilePattern = { programs: inspectGo };

/** Programs of one image; more are a failure. */
const MAX_PROGRAMS = 5000;
/** Modules of all programs together. */
const MAX_PACKAGES = 200_000;

/** Characters that say what all programs together hold; a program whose own do not fit says nothing. */
const MAX_FUNCTIONS_LENGTH = 32 * MiB;

/** What Go programs were built from: their modules, and the standard library as `stdlib`. */
export const go: Cataloger = { name: "go", version: 6, patterns: [programs], catalog };

async function catalog(tree: FileTree, { signal }: CatalogContext): Promise<CatalogResult> {
  const log = new FailureLog();
  const packages: PackageFacts[] = [];
  let count = 0;
  let functionsLeft = MAX_FUNCTIONS_LENGTH;
  for (const { path, excerpt } of tree.excerpts(inspectGo)) {
    signal?.throwIfAborted();
    count += 1;
    if (count > MAX_PROGRAMS || packages.length > MAX_PACKAGES) {
      log.add(
        "LIMIT_REACHED",
        `more than ${MAX_PROGRAMS} Go programs or ${MAX_PACKAGES} modules of them`,
        path,
      );
      break;
    }
    const fits = excerpt.length <= functionsLeft;
    if (fits) functionsLeft -= excerpt.length;
    const told = readGoExcerpt(excerpt);
    const program = told && (fits ? told : { ...told, functions: undefined });
    packages.push(...packagesOf(program, { path, layer: tree.stat(path)?.layer, log }));
  }
  return { packages, failures: log.list() };
}

interface Program {
  readonly path: string;
  readonly layer: Digest | undefined;
  readonly log: FailureLog;
}

function packagesOf(excerpt: GoExcerpt | undefined, { path, layer, log }: Program): readonly PackageFacts[] {
  if (excerpt === undefined) {
    log.add("PACKAGE_RECORD_MALFORMED", "a Go program does not tell what it was built from", path);
    return [];
  }
  const modules = parseModules(excerpt.modules);
  if (modules === undefined)
    log.add("LIMIT_REACHED", `a Go program has more than ${MAX_MODULES} modules`, path);
  const [ofLibrary, ...ofModules] = excerpt.functions ?? [];
  const found = [
    ...toolchainOf(excerpt.goVersion, modules).map((one) => ({ ...one, functions: ofLibrary })),
    ...modulesOf(modules, ofModules),
  ];
  return found.map(({ name, version, vendor, functions = "" }) => ({
    type: "golang",
    name,
    version,
    ...(vendor !== undefined && { vendor }),
    ...(functions !== "" && { functions }),
    paths: [path],
    ...(layer !== undefined && { layer }),
  }));
}

type Named = Pick<PackageFacts, "name" | "version" | "vendor">;

/** The names under which the Go project writes about what it publishes itself. */
function toolchainOf(goVersion: string, modules: GoModules | undefined): readonly Named[] {
  const version = releaseOf(goVersion);
  const vendor = vendorOf(goVersion);
  const told = { version, ...(vendor !== undefined && { vendor }) };
  const stdlib = { name: "stdlib", ...told };
  return modules?.mainPackage === "cmd/go" ? [stdlib, { name: "toolchain", ...told }] : [stdlib];
}

/**
 * A distribution that says so of its toolchain, `go1.20.12 (Red Hat 1.20.12-1.el9)`, mends it without raising the release:
 * programs that were built with it may have a fix that their release has not.
 */
function vendorOf(goVersion: string): string | undefined {
  return /^go[\d.]+(?:[^\d.(][^(]{0,63})?\((?<vendor>[A-Z][\w .+~-]{1,100})\)/u.exec(goVersion)?.groups
    ?.vendor;
}

/**
 * `go1.22.3 X:boringcrypto`, `go1.21.3-vendor` and `go1.20.1 (Red Hat 1.20.1-1.el9)` are builds of the release in front.
 * What is between releases stays as it is, and cannot be judged.
 */
function releaseOf(goVersion: string): string {
  const release = /^go(?<release>\d+(?:\.\d+){0,2}(?:(?:rc|beta)\d+)?)/u.exec(goVersion)?.groups?.release;
  return release ?? goVersion;
}

/** A module without a version is no package: nobody knows which one it is. */
function modulesOf(
  modules: GoModules | undefined,
  [ofMain, ...ofDependencies]: readonly string[],
): readonly (Named & { readonly functions: string | undefined })[] {
  if (modules === undefined) return [];
  const { main, dependencies } = modules;
  const version = mainVersionOf(modules);
  const found =
    main === undefined || version === undefined ? [] : [{ name: main.path, version, functions: ofMain }];
  for (const [index, { path, version: told }] of dependencies.entries()) {
    if (told !== "" && told !== "(devel)")
      found.push({ name: path, version: told, functions: ofDependencies[index] });
  }
  return found;
}
