import type { FileTree, PackageFacts } from "@pratique/core";
import type { OwnerResult } from "../../cataloger.ts";
import { FailureLog } from "../../failure-log.ts";
import { PathIndex } from "../../path-index.ts";

/** The text of a database, decoded as Latin-1, and the packages in it by name. */
export interface ApkDatabase {
  readonly text: string;
  readonly byName: ReadonlyMap<string, PackageFacts>;
}

/** Looks the paths up in the `F:` (directory) and `R:` (file) lines. The first package that lists a file owns it. */
export function findOwners(
  tree: FileTree,
  databases: readonly ApkDatabase[],
  paths: readonly string[],
): OwnerResult {
  const log = new FailureLog();
  const owners = new Map<string, PackageFacts>();
  const index = new PathIndex(tree, paths);
  for (const database of databases) {
    for (const [path, name] of listedPaths(database.text, index)) {
      const owner = database.byName.get(name);
      if (owner !== undefined && !owners.has(path)) owners.set(path, owner);
    }
  }
  if (index.exhausted) log.add("LIMIT_REACHED", "too many listed files to look up; some have no owner");
  return { owners, failures: log.list() };
}

/** The paths sought that the database lists, each with the name of the package that lists it. */
function* listedPaths(text: string, index: PathIndex): Iterable<readonly [path: string, name: string]> {
  let name = "";
  let directory = "";
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf("\n", start);
    const end = newline < 0 ? text.length : newline;
    if (text[start + 1] === ":") {
      const letter = text[start];
      if (letter === "P") name = text.slice(start + 2, end).trim();
      else if (letter === "F") directory = text.slice(start + 2, end);
      else if (letter === "R" && index.mayEnd(text, end)) {
        const path = index.find(`${directory}/${text.slice(start + 2, end)}`);
        if (path !== undefined) yield [path, name];
      }
    }
    start = end + 1;
  }
}
