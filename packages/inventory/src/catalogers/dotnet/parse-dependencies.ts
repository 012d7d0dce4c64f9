import { parseJson } from "@pratique/core";
import { decodeUtf8 } from "../../decode-text.ts";
import { isToken } from "../../token.ts";

/** A package as NuGet names it. */
export interface NugetPackage {
  readonly name: string;
  readonly version: string;
}

/** What a file lists, and what in it could not be read. */
export interface NugetList {
  readonly packages: readonly NugetPackage[];
  readonly faults: readonly string[];
}

const MAX_LIBRARIES = 100_000;
const RUNTIME_PACK = "runtimepack.";
/** What the host loads at run time. A package without any of them is not beside the program. */
const ASSETS = ["runtime", "runtimeTargets", "native", "resources"];

/**
 * Reads the packages of a `*.deps.json` (dotnet/sdk, "runtime-configuration-file.md"): those libraries of type
 * `package` that bring files for the run time, and the runtime of a self-contained program, which is listed as
 * `runtimepack.NAME`. Projects are the program itself.
 *
 * Where the target of the program is missing, nobody can tell what brings files, and all packages count.
 */
export function parseDependencies(content: Buffer): NugetList {
  let value: unknown;
  try {
    value = parseJson(decodeUtf8(content));
  } catch {
    return { packages: [], faults: ["list of dependencies is not JSON"] };
  }
  const libraries = ownValue(value, "libraries");
  if (!isObject(value) || (libraries !== undefined && !isObject(libraries))) {
    return { packages: [], faults: ["expected an object with libraries"] };
  }
  return readLibraries(Object.entries(libraries ?? {}), targetOf(value));
}

function readLibraries(entries: readonly (readonly [string, unknown])[], target: unknown): NugetList {
  const packages: NugetPackage[] = [];
  const faults: string[] = [];
  if (entries.length > MAX_LIBRARIES) {
    faults.push(`${entries.length} libraries, of which ${MAX_LIBRARIES} were read`);
  }
  for (const [key, library] of entries.slice(0, MAX_LIBRARIES)) {
    const kind = kindOf(library);
    if (kind !== "package" && kind !== "runtimepack") continue;
    if (kind === "package" && target !== undefined && !hasAssets(ownValue(target, key))) continue;
    const found = readKey(key);
    if (found === undefined) faults.push(`malformed library ${JSON.stringify(key.slice(0, 80))}`);
    else packages.push(found);
  }
  return { packages, faults };
}

/** The libraries of the target that the program runs on. */
function targetOf(value: object): unknown {
  const target = ownValue(value, "runtimeTarget");
  const name = typeof target === "string" ? target : ownValue(target, "name");
  return typeof name === "string" ? ownValue(ownValue(value, "targets"), name) : undefined;
}

function hasAssets(library: unknown): boolean {
  return ASSETS.some((asset) => {
    const files = ownValue(library, asset);
    return isObject(files) && Object.keys(files).length > 0;
  });
}

function kindOf(library: unknown): string | undefined {
  const kind = ownValue(library, "type");
  return typeof kind === "string" ? kind.toLowerCase() : undefined;
}

/** `Name/1.0.0`. */
function readKey(key: string): NugetPackage | undefined {
  const slash = key.lastIndexOf("/");
  const name = key.slice(0, Math.max(slash, 0));
  const version = key.slice(slash + 1);
  if (!isName(name) || !isToken(version)) return undefined;
  return { name: name.startsWith(RUNTIME_PACK) ? name.slice(RUNTIME_PACK.length) : name, version };
}

/** NuGet's own rule for the characters of an id. */
function isName(text: string): boolean {
  return /^[\w.-]{1,256}$/u.test(text) && text !== RUNTIME_PACK;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function ownValue(value: unknown, key: string): unknown {
  return isObject(value) ? Object.getOwnPropertyDescriptor(value, key)?.value : undefined;
}
