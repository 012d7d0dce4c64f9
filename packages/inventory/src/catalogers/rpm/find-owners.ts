import type { FileTree, PackageFacts } from "@pratique/core";
import type { OwnerResult } from "../../cataloger.ts";
import { FailureLog } from "../../failure-log.ts";
import { PathIndex } from "../../path-index.ts";
import { type DatabaseContent, readHeaders } from "./database.ts";
import { filesOf } from "./files-of.ts";
import { type Header, parseHeader } from "./header.ts";
import { keyOf, recordOf } from "./parse-package.ts";

/** A database, and those of its packages whose files the distribution answers for. */
export interface OwningDatabase {
  readonly content: DatabaseContent;
  readonly owners: ReadonlyMap<string, PackageFacts>;
}

/** Looks the paths up in the file lists of the headers. The first package that lists a file owns it. */
export function findOwners(
  tree: FileTree,
  databases: readonly OwningDatabase[],
  paths: readonly string[],
): OwnerResult {
  const log = new FailureLog();
  const owners = new Map<string, PackageFacts>();
  const index = new PathIndex(tree, paths);
  for (const { content, owners: byKey } of databases) {
    if (byKey.size === 0 || paths.length === 0) continue;
    // What is wrong with the database has been told when it was read for its packages.
    for (const bytes of readHeaders(content, () => undefined)) {
      const header = parseHeader(bytes);
      const record = typeof header === "string" ? undefined : recordOf(header);
      if (typeof header === "string" || record === undefined || typeof record === "string") continue;
      const owner = byKey.get(keyOf(record));
      if (owner !== undefined) takeOwned(header, index, (path) => setFirst(owners, path, owner));
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

function setFirst(owners: Map<string, PackageFacts>, path: string, owner: PackageFacts): void {
  if (!owners.has(path)) owners.set(path, owner);
}
