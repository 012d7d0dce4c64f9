import type { FileTree, PackageFacts } from "@pratique/core";
import type { OwnerResult } from "../../cataloger.ts";
import { FailureLog } from "../../failure-log.ts";
import { PathIndex } from "../../path-index.ts";
import type { RunnableFiles } from "../../runnable-files.ts";
import { type DatabaseContent, readHeaders } from "./database.ts";
import { filesOf } from "./files-of.ts";
import { type Header, parseHeader } from "./header.ts";
import { keyOf, recordOf } from "./parse-package.ts";

/** A database, and its packages by what tells one from another. */
export interface OwningDatabase {
  readonly content: DatabaseContent;
  readonly packages: ReadonlyMap<string, PackageFacts>;
  /** Those whose files the distribution answers for. */
  readonly owners: ReadonlySet<PackageFacts>;
}

interface Sought {
  readonly paths: readonly string[];
  /** Told which files there are, where it is asked. */
  readonly runnable?: RunnableFiles | undefined;
}

/** Looks the paths up in the file lists of the headers. The first package that lists a file owns it. */
export function findOwners(
  tree: FileTree,
  databases: readonly OwningDatabase[],
  { paths, runnable }: Sought,
): OwnerResult {
  const log = new FailureLog();
  const owners = new Map<string, PackageFacts>();
  const index = new PathIndex(tree, paths);
  for (const { content, packages, owners: owning } of databases) {
    if (runnable === undefined && (owning.size === 0 || paths.length === 0)) continue;
    // What is wrong with the database has been told when it was read for its packages.
    for (const bytes of readHeaders(content, () => undefined)) {
      const header = parseHeader(bytes);
      const record = typeof header === "string" ? undefined : recordOf(header);
      if (typeof header === "string" || record === undefined || typeof record === "string") continue;
      const owner = packages.get(keyOf(record));
      if (owner === undefined) continue;
      if (owning.has(owner)) takeOwned(header, index, (path) => setFirst(owners, path, owner));
      if (runnable !== undefined) takeRunnable(header, owner, runnable);
    }
  }
  if (index.exhausted) log.add("LIMIT_REACHED", "too many listed files to look up; some have no owner");
  return { owners, failures: log.list() };
}

function takeOwned(header: Header, index: PathIndex, take: (path: string) => void): void {
  for (const listed of filesOf(header, (name) => index.mayEnd(name, name.length))) {
    const path = listed === undefined ? undefined : index.find(listed);
    if (path !== undefined) take(path);
  }
}

function takeRunnable(header: Header, owner: PackageFacts, runnable: RunnableFiles): void {
  runnable.begin(owner);
  for (const listed of filesOf(header)) if (listed !== undefined) runnable.take(owner, listed);
}

function setFirst(owners: Map<string, PackageFacts>, path: string, owner: PackageFacts): void {
  if (!owners.has(path)) owners.set(path, owner);
}
