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
 * The release that the builder wrote into a variable named like a version, `-X main.version=1.2.3`, of the main package,
 * of one of the module's own, or of a library that keeps the version of what it is linked into. Several that differ tell
 * nothing.
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
  const isTheirs =
    owner === "main" || owner === module || owner.startsWith(`${module}/`) || keepsVersionOf(owner, module);
  return isTheirs && VARIABLES.has(variable.slice(dot + 1).toLowerCase());
}

/** Libraries that hold no version of their own there, but that of the program: told by those who build with them. */
function keepsVersionOf(owner: string, module: string): boolean {
  if (owner === "github.com/prometheus/common/version") return true;
  return KUBERNETES_LIBRARIES.has(owner) && /^k8s\.io\/(?:kubernetes|kubectl)$/u.test(module);
}

const KUBERNETES_LIBRARIES: ReadonlySet<string> = new Set([
  "k8s.io/client-go/pkg/version",
  "k8s.io/component-base/version",
]);

const VARIABLES: ReadonlySet<string> = new Set([
  "version",
  "buildversion",
  "gitversion",
  "appversion",
  "release",
]);
