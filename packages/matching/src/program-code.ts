import type { Advisory, AffectedImport, GoFunctions } from "@pratique/core";

/** What a finding says of a flaw that is in none of the code that a program was linked from. */
export const CODE_NOT_IN_PROGRAM = "none of the code that it is about is in the program";

/**
 * Whether a Go program holds nothing of what the advisories on one vulnerability call flawed: neither the functions nor, where
 * whole packages are meant, anything of these. False wherever that is not certain: where nobody knows what the program
 * holds, and where no advisory tells what is flawed, or one does in a way that is not understood.
 */
export function isCodeMissing(functions: GoFunctions | undefined, advisories: readonly Advisory[]): boolean {
  if (functions === undefined) return false;
  let isTold = false;
  for (const { package: module, imports } of advisories) {
    if (imports === undefined || imports.length === 0) continue;
    isTold = true;
    if (imports.some((one) => mayBeIn(functions, one, module))) return false;
  }
  return isTold;
}

function mayBeIn(functions: GoFunctions, affected: AffectedImport, module: string): boolean {
  const { symbols, systems, architectures } = affected;
  const { platform } = functions;
  if (platform !== undefined) {
    if (systems?.includes(platform.os) === false) return false;
    if (architectures?.includes(platform.architecture) === false) return false;
  }
  const path = pathBelow(module, affected.path);
  if (path === undefined) return true;
  if (!functions.mayHold({ path })) return false;
  return symbols === undefined || symbols.some((name) => functions.mayHold({ path, name }));
}

/** The path of a package within its module; undefined where it lies outside. The library is one module without a name. */
export function pathBelow(module: string, path: string): string | undefined {
  if (module === "stdlib" || module === "toolchain") return path;
  if (path === module) return "";
  return path.startsWith(`${module}/`) ? path.slice(module.length + 1) : undefined;
}
