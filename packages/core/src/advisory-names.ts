import { advisoryNameOfProgram } from "./known-program.ts";
import type { Package } from "./package.ts";

/** What decides under which names advisories may speak of a package. */
type Named = Pick<Package, "type" | "name" | "source">;

/**
 * The names, folded, under which advisories may speak of a package: its own, its source's, and what advisories name
 * instead. Wider than what matching looks up, never narrower: who seeks packages by the name of an advisory finds all.
 */
export function advisoryNames({ type, name, source }: Named): readonly string[] {
  const names = source === undefined ? [name] : [name, source.name];
  // Microsoft's advisories name frameworks by the packages of their platforms.
  if (type === "nuget") names.push(`${name}.runtime.linux-x64`);
  if (type === "generic") names.push(advisoryNameOfProgram(name));
  return [...new Set(names.map(foldName))];
}

/** One spelling for all that some ecosystem takes for the same name: case and `-`, `_`, `.` do not count. */
export function foldName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/gu, "-");
}
