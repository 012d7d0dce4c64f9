import type { GoModules } from "./modules.ts";

/** `v1.2.4-0.20240101120000-abcdef123456` and its like (Go Modules Reference, "Pseudo-versions"). */
const PSEUDO = /[-.]\d{14}-[0-9a-f]{12}(?:$|\+)/u;
const RELEASE = /^v?(?<numbers>\d{1,9}\.\d{1,9}\.\d{1,9})(?<rest>[-+][0-9A-Za-z.+-]{1,100})?$/u;
const MAX_FLAGS = 64 * 1024;

/**
 * The version of the module that a program is; undefined where it is not told. A pseudo-version of the main module is
 * made from whatever tags the builder's checkout had, often none, and would lie below every fix.
 */
export function mainVersionOf(modules: GoModules): string | undefined {
  const { main } = modules;
  if (main === undefined) return undefined;
  const isTold = main.version !== "" && main.version !== "(devel)" && !PSEUDO.test(main.version);
  return isTold ? main.version.replace(/\+dirty$/u, "") : versionFromFlags(modules);
}

/**
 * The release that the builder wrote into a variable named like a version, `-X main.version=1.2.3`, of the main package
 * or one of the module's own. Several that differ tell nothing.
 */
function versionFromFlags({ main, linkerFlags = "" }: GoModules): string | undefined {
  if (main === undefined || linkerFlags.length > MAX_FLAGS) return undefined;
  const found = new Set<string>();
  for (const flag of linkerFlags.split(/[\s'"]+/u)) {
    const word = flag.replace(/^--?X=/u, "");
    const equals = word.indexOf("=");
    if (equals < 0 || !isVersionVariable(word.slice(0, equals), main.path)) continue;
    const { numbers, rest = "" } = RELEASE.exec(word.slice(equals + 1))?.groups ?? {};
    if (numbers !== undefined && !PSEUDO.test(rest)) found.add(`v${numbers}${rest}`);
  }
  const [version] = found;
  return found.size === 1 ? version : undefined;
}

function isVersionVariable(variable: string, module: string): boolean {
  const dot = variable.lastIndexOf(".");
  const owner = variable.slice(0, dot);
  const isTheirs = owner === "main" || owner === module || owner.startsWith(`${module}/`);
  return isTheirs && VARIABLES.has(variable.slice(dot + 1).toLowerCase());
}

const VARIABLES: ReadonlySet<string> = new Set([
  "version",
  "buildversion",
  "gitversion",
  "appversion",
  "release",
]);
