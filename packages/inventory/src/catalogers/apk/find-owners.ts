import type { FileTree, PackageFacts } from "@pratique/core";
import type { OwnerResult } from "../../cataloger.ts";
import { FailureLog } from "../../failure-log.ts";
import { PathIndex } from "../../path-index.ts";
import type { RunnableFiles } from "../../runnable-files.ts";

/** The text of a database, decoded as Latin-1, and the packages in it by name. */
export interface ApkDatabase {
  readonly text: string;
  readonly byName: ReadonlyMap<string, PackageFacts>;
}

interface Sought {
  readonly paths: readonly string[];
  /** Told which files there are, where it is asked. */
  readonly runnable?: RunnableFiles | undefined;
}

/** Looks the paths up in the `F:` (directory) and `R:` (file) lines. The first package that lists a file owns it. */
export function findOwners(
  tree: FileTree,
  databases: readonly ApkDatabase[],
  { paths, runnable }: Sought,
): OwnerResult {
  const log = new FailureLog();
  const owners = new Map<string, PackageFacts>();
  const index = new PathIndex(tree, paths);
  for (const { text, byName } of databases) {
    for (const owner of byName.values()) runnable?.begin(owner);
    for (const { name, directory, start, end } of listedFiles(text)) {
      if (runnable === undefined && !index.mayEnd(text, end)) continue;
      const owner = byName.get(name);
      if (owner === undefined) continue;
      const listed = `${directory}/${text.slice(start, end)}`;
      runnable?.take(owner, listed);
      const path = index.find(listed);
      if (path !== undefined && !owners.has(path)) owners.set(path, owner);
    }
  }
  if (index.exhausted) log.add("LIMIT_REACHED", "too many listed files to look up; some have no owner");
  return { owners, failures: log.list() };
}

/** A file of the package `name`: its own name is from `start` to `end` of the text. */
interface ListedFile {
  name: string;
  directory: string;
  start: number;
  end: number;
}

/** The files that the database lists; each is good until the next is asked for. */
function* listedFiles(text: string): Iterable<Readonly<ListedFile>> {
  const file: ListedFile = { name: "", directory: "", start: 0, end: 0 };
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf("\n", start);
    const end = newline < 0 ? text.length : newline;
    if (text[start + 1] === ":") {
      const letter = text[start];
      if (letter === "P") file.name = text.slice(start + 2, end).trim();
      else if (letter === "F") file.directory = text.slice(start + 2, end);
      else if (letter === "R") {
        file.start = start + 2;
        file.end = end;
        yield file;
      }
    }
    start = end + 1;
  }
}
