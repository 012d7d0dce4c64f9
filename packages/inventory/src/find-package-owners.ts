import type { Digest, FileEntry, FileTree, PackageFacts } from "@pratique/core";
import type { CatalogResult, UnidentifiedFile } from "./cataloger.ts";
import type { OwnerSearch, Owners } from "./owner-search.ts";

/** Who answers for what was found. */
export interface Ownership {
  /** The owners of packages that remain packages of their own. */
  readonly owners: ReadonlyMap<PackageFacts, PackageFacts>;
  /** Of packages that yield to owners, the files that nobody owns; none where the package is its owner's. */
  readonly unowned: ReadonlyMap<PackageFacts, readonly string[]>;
}

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
  search: OwnerSearch,
): Promise<Ownership> {
  const owners = new Map<PackageFacts, PackageFacts>();
  const unowned = new Map<PackageFacts, readonly string[]>();
  const candidates = candidatesIn(tree, results);
  if (candidates.length === 0) return { owners, unowned };
  for (const found of await search.find(pathsOf(candidates))) {
    for (const candidate of candidates) {
      const { facts, files, yields } = candidate;
      if (yields) {
        const left = unowned.get(facts) ?? facts.paths;
        const owned = files.filter((file) => ownerOfFile(file, found) !== undefined);
        unowned.set(
          facts,
          left.filter((path) => !owned.some(({ written }) => written === path)),
        );
        continue;
      }
      const owner = ownerOf(candidate, found);
      if (owner !== undefined && !owners.has(facts)) owners.set(facts, owner);
    }
  }
  return { owners, unowned };
}

/** Those of some files that packages own; the files of what was found are sought with them, so that lists are read once. */
export async function findOwnedFiles(
  tree: FileTree,
  { files, results }: { readonly files: readonly FileEntry[]; readonly results: readonly CatalogResult[] },
  search: OwnerSearch,
): Promise<ReadonlySet<string>> {
  const found = await search.find([
    ...files.map(({ path }) => path),
    ...pathsOf(candidatesIn(tree, results)),
    ...unidentifiedIn(tree, results).map(({ file }) => file.path),
  ]);
  const owned = new Set<string>();
  for (const { path, layer } of files) {
    const file = { written: path, path, layer };
    if (found.some((owners) => ownerOfFile(file, owners) !== undefined)) owned.add(path);
  }
  return owned;
}

/** The files which hold a package that nothing names, neither the file nor the package of a distribution that owns it. */
export async function findUnidentified(
  tree: FileTree,
  results: readonly CatalogResult[],
  search: OwnerSearch,
): Promise<readonly UnidentifiedFile[]> {
  const candidates = unidentifiedIn(tree, results);
  if (candidates.length === 0) return [];
  const found = await search.find(candidates.map(({ file }) => file.path));
  return candidates
    .filter(({ file }) => !found.some((owners) => ownerOfFile(file, owners) !== undefined))
    .map(({ unidentified }) => unidentified);
}

function unidentifiedIn(
  tree: FileTree,
  results: readonly CatalogResult[],
): readonly { readonly unidentified: UnidentifiedFile; readonly file: CandidateFile }[] {
  return results
    .flatMap(({ unidentified = [] }) => unidentified)
    .map((unidentified) => ({ unidentified, file: toFile(tree, unidentified.path) }));
}

/** What may turn out to be owned. */
function candidatesIn(tree: FileTree, results: readonly CatalogResult[]): readonly Candidate[] {
  return results
    .filter(isUnowning)
    .flatMap(({ packages, yieldsToOwners = false }) =>
      packages.map((facts) => toCandidate(tree, facts, yieldsToOwners)),
    );
}

function pathsOf(candidates: readonly Candidate[]): readonly string[] {
  return candidates.flatMap(({ files }) => files.map(({ path }) => path));
}

function isUnowning({ findOwners }: CatalogResult): boolean {
  return findOwners === undefined;
}

interface Candidate {
  readonly facts: PackageFacts;
  readonly files: readonly CandidateFile[];
  /** See {@link CatalogResult.yieldsToOwners}. */
  readonly yields: boolean;
}

interface CandidateFile {
  /** As the package names it. */
  readonly written: string;
  /** Where it really lies. */
  readonly path: string;
  readonly layer: Digest | undefined;
}

function toCandidate(tree: FileTree, facts: PackageFacts, yields: boolean): Candidate {
  return { facts, files: facts.paths.map((written) => toFile(tree, written)), yields };
}

function toFile(tree: FileTree, written: string): CandidateFile {
  const entry = tree.stat(written) ?? tree.stat(outermost(written));
  return { written, path: entry?.path ?? written, layer: entry?.layer };
}

/** The file itself, where a path names an archive in an archive: `app.war!/WEB-INF/lib/a.jar`. */
function outermost(path: string): string {
  const inner = path.indexOf("!/");
  return inner < 0 ? path : path.slice(0, inner);
}

function ownerOf({ files }: Candidate, owners: Owners): PackageFacts | undefined {
  const found = files.map((file) => ownerOfFile(file, owners));
  return found.includes(undefined) ? undefined : found[0];
}

function ownerOfFile({ path, layer }: CandidateFile, owners: Owners): PackageFacts | undefined {
  const owner = owners.get(path);
  return owner?.layer === layer ? owner : undefined;
}
