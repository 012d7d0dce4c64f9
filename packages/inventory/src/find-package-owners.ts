import type { Digest, FileTree, PackageFacts } from "@pratique/core";
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
  const candidates = results
    .filter(isUnowning)
    .flatMap(({ packages }) => packages.map((facts) => toCandidate(tree, facts)));
  if (candidates.length === 0) return owners;
  const sought = [...new Set(candidates.flatMap(({ files }) => files.map(({ path }) => path)))];
  for (const { findOwners } of results) {
    if (findOwners === undefined) continue;
    const found = await findOwners(sought);
    for (const { code, message, path } of found.failures) log.add(code, message, path);
    for (const candidate of candidates) {
      const owner = ownerOf(candidate, found.owners);
      if (owner !== undefined && !owners.has(candidate.facts)) owners.set(candidate.facts, owner);
    }
  }
  return owners;
}

function isUnowning({ findOwners }: CatalogResult): boolean {
  return findOwners === undefined;
}

interface Candidate {
  readonly facts: PackageFacts;
  readonly files: readonly CandidateFile[];
}

interface CandidateFile {
  readonly path: string;
  readonly layer: Digest | undefined;
}

function toCandidate(tree: FileTree, facts: PackageFacts): Candidate {
  const files = facts.paths.map((path) => {
    const entry = tree.stat(path) ?? tree.stat(outermost(path));
    return { path: entry?.path ?? path, layer: entry?.layer };
  });
  return { facts, files };
}

/** The file itself, where a path names an archive in an archive: `app.war!/WEB-INF/lib/a.jar`. */
function outermost(path: string): string {
  const inner = path.indexOf("!/");
  return inner < 0 ? path : path.slice(0, inner);
}

function ownerOf({ files }: Candidate, owners: ReadonlyMap<string, PackageFacts>): PackageFacts | undefined {
  const found = files.map(({ path, layer }) => {
    const owner = owners.get(path);
    return owner?.layer === layer ? owner : undefined;
  });
  return found.includes(undefined) ? undefined : found[0];
}
