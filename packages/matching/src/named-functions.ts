import {
  type AdvisoryIndex,
  ecosystem,
  type NamedFunction,
  type Package,
  readFunctions,
} from "@pratique/core";
import { pathBelow } from "./program-code.ts";

const GO = ecosystem("Go");

/**
 * The packages of a report: of what Go programs hold only that is left which is said of packages in which any advisory on the
 * module names functions, whichever versions it is about. The rest is most of it. Findings by these advisories come out the
 * same; what a later one says of another package is not doubted until the image is read again.
 */
export function withNamedFunctions(
  packages: readonly Package[],
  advisories: AdvisoryIndex,
): readonly Package[] {
  const asked = new Map<string, readonly NamedFunction[]>();
  return packages.map((one) => {
    if (one.functions === undefined) return one;
    const named = asked.get(one.name) ?? namedIn(one.name, advisories);
    asked.set(one.name, named);
    const { functions: text, ...rest } = one;
    const functions = named.length === 0 ? undefined : readFunctions(text)?.inPackagesOf(named);
    return functions === undefined ? rest : { ...rest, functions };
  });
}

/** What advisories on a module name in it: of each package one function, or none. */
function namedIn(module: string, advisories: AdvisoryIndex): readonly NamedFunction[] {
  return advisories.lookUp(GO, module).flatMap(({ package: name, imports = [] }) =>
    imports.flatMap(({ path: full, symbols: [symbol] = [] }): readonly NamedFunction[] => {
      const path = pathBelow(name, full);
      return path === undefined ? [] : [{ path, ...(symbol !== undefined && { name: symbol }) }];
    }),
  );
}
