import type { PackageFacts } from "@pratique/core";

/** One package for each type, name and version: several records of one package prove it together. */
export function mergeFacts(found: readonly PackageFacts[]): readonly PackageFacts[] {
  const merged = new Map<string, PackageFacts>();
  for (const facts of found) {
    const key = [facts.type, facts.name, facts.version].join("\0");
    const before = merged.get(key);
    merged.set(
      key,
      before === undefined ? facts : { ...facts, ...before, paths: [...before.paths, ...facts.paths] },
    );
  }
  return [...merged.values()];
}
