import type { FilePattern } from "@pratique/core";

/** Whether a pattern names a path, said as plainly as possible: what faster matchers are measured against. */
export function matchesPattern(pattern: FilePattern, path: string): boolean {
  const names = path.split("/");
  const last = names.at(-1) ?? "";
  const parents = names.slice(0, -1);
  if (pattern.paths?.includes(path)) return true;
  if (pattern.under?.some((directory) => path.startsWith(`${directory}/`))) return true;
  if (pattern.inside !== undefined && !parents.includes(pattern.inside)) return false;
  if (pattern.basenames?.includes(last)) return true;
  return pattern.suffixes?.some((suffix) => last.endsWith(suffix)) ?? false;
}
