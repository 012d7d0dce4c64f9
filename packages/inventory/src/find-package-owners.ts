import type { FileTree, PackageFacts } from "@pratique/core";
import type { CatalogResult } from "./cataloger.ts";
import type { FailureLog } from "./failure-log.ts";

/**
 * The packages of distributions that own packages of other kinds, found through their files: `python3-yaml` of
 * Debian owns the `PyYAML` that it installs, and Debian's advisories speak of both.
 *
 * A package has an owner only where every file that proves it has. Where a file comes from another layer than its
 * owner, somebody changed it after the package manager had written it, as `pip install --upgrade` does: then
 * the distribution does not answer for it.
 */
export async function findPackageOwners(
  tree: FileTree,
  results: readonly CatalogResult[],
  log: FailureLog,
): Promise<ReadonlyMap<PackageFacts, PackageFacts>> {
  const owners = new Map<PackageFacts, PackageFacts>();
  const candidates = results.filter(isUnowning).flatMap(({ packages }) => packages);
  if (candidates.length === 0) return owners;
  const realPaths = new Map(
    candidates.map((facts) => [facts, facts.paths.map((path) => realPath(tree, path))]),
  );
  const sought = [...new Set([...realPaths.values()].flat())];
  for (const { findOwners } of results) {
    if (findOwners === undefined) continue;
    const found = await findOwners(sought);
    for (const { code, message, path } of found.failures) log.add(code, message, path);
    for (const [facts, paths] of realPaths) {
      const owner = commonOwner(facts, paths, found.owners);
      if (owner !== undefined && !owners.has(facts)) owners.set(facts, owner);
    }
  }
  return owners;
}

function isUnowning({ findOwners }: CatalogResult): boolean {
  return findOwners === undefined;
}

function realPath(tree: FileTree, path: string): string {
  return tree.stat(path)?.path ?? path;
}

function commonOwner(
  facts: PackageFacts,
  paths: readonly string[],
  owners: ReadonlyMap<string, PackageFacts>,
): PackageFacts | undefined {
  const [first, ...others] = paths.map((path) => owners.get(path));
  if (first === undefined || others.some((other) => other === undefined)) return undefined;
  return first.layer === facts.layer ? first : undefined;
}
