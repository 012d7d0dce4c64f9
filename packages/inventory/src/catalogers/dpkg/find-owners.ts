import type { FileTree, PackageFacts } from "@pratique/core";
import type { OwnerResult } from "../../cataloger.ts";
import { decodeLatin1 } from "../../decode-text.ts";
import { FailureLog } from "../../failure-log.ts";
import { PathIndex } from "../../path-index.ts";
import { readFile } from "../../read-file.ts";
import type { RunnableFiles } from "../../runnable-files.ts";
import { type FileList, MAX_LIST_BYTES, pathIn } from "./file-lists.ts";
import { isOutsideDistribution } from "./third-party.ts";

const LISTS_AT_ONCE = 16;
const SLASH = 0x2f;
const [SMALL_I, SMALL_N, SMALL_S] = [0x69, 0x6e, 0x73];
/** The last letters of `.jar` and `.so`, and of scripts. */
const RUNNABLE_ENDS: ReadonlySet<number> = new Set(Buffer.from("roylhsbpa"));

export interface FindOwnersOptions {
  readonly paths: readonly string[];
  /** Those packages whose files the distribution answers for. */
  readonly isOwner: ReadonlySet<PackageFacts>;
  /** Told which files there are, where it is asked. */
  readonly runnable?: RunnableFiles | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Looks the paths up in dpkg's file lists. The first package that lists a file owns it. */
export async function findOwners(
  tree: FileTree,
  lists: readonly FileList[],
  { paths, isOwner, runnable, signal }: FindOwnersOptions,
): Promise<OwnerResult> {
  const log = new FailureLog();
  const owners = new Map<string, PackageFacts>();
  const sought = paths.filter((path) => !isOutsideDistribution(path));
  if (sought.length === 0 && runnable === undefined) return { owners, failures: [] };
  const index = new PathIndex(tree, sought);
  const options = { limitBytes: MAX_LIST_BYTES, code: "FILE_UNREADABLE", log, signal } as const;
  for (let start = 0; start < lists.length; start += LISTS_AT_ONCE) {
    const batch = lists.slice(start, start + LISTS_AT_ONCE);
    const contents = await Promise.all(batch.map(({ path }) => readFile(tree, path, options)));
    batch.forEach(({ owner }, at) => {
      const content = contents[at];
      if (content === undefined) return;
      const text = decodeLatin1(content);
      if (isOwner.has(owner)) takeOwned(text, index, (path) => setFirst(owners, path, owner));
      if (runnable !== undefined) takeRunnable(text, owner, runnable);
    });
  }
  if (index.exhausted) log.add("LIMIT_REACHED", "too many listed files to look up; some have no owner");
  return { owners, failures: log.list() };
}

/**
 * Goes through the lines of a `.list` (`/usr/bin/x`) or `.md5sums` (`<hash>  usr/bin/x`) file, and cuts out only
 * those that end like a path sought.
 */
function takeOwned(text: string, index: PathIndex, take: (path: string) => void): void {
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf("\n", start);
    const end = newline < 0 ? text.length : newline;
    if (index.mayEnd(text, end)) {
      const path = index.find(pathIn(text.slice(start, end)));
      if (path !== undefined) take(path);
    }
    start = end + 1;
  }
}

/**
 * Directories are listed as files are, and before what is in them. More than half of all files lie below `/usr/share` and
 * `/usr/include`: these are told by a few letters, where the package has no directory of programs there.
 */
function takeRunnable(text: string, owner: PackageFacts, runnable: RunnableFiles): void {
  runnable.begin(owner);
  let hasPrograms = false;
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf("\n", start);
    const end = newline < 0 ? text.length : newline;
    const isQuiet = isBelowQuiet(text, start);
    if (isQuiet && text.charCodeAt(end - 1) === SMALL_N) hasPrograms ||= text.startsWith("bin", end - 3);
    if (!isQuiet || hasPrograms || RUNNABLE_ENDS.has(text.charCodeAt(end - 1))) {
      const line = text.slice(start, end);
      // What follows a directory is in it.
      const isDirectory = text.charCodeAt(end + 1 + line.length) === SLASH && text.startsWith(line, end + 1);
      if (!isDirectory) runnable.take(owner, line.startsWith("/") ? line : pathIn(line));
    }
    start = end + 1;
  }
}

function isBelowQuiet(text: string, start: number): boolean {
  if (text.charCodeAt(start) !== SLASH || text.charCodeAt(start + 4) !== SLASH) return false;
  const first = text.charCodeAt(start + 5);
  if (first === SMALL_S) return text.startsWith("/usr/share/", start);
  return first === SMALL_I && text.startsWith("/usr/include/", start);
}

function setFirst(owners: Map<string, PackageFacts>, path: string, owner: PackageFacts): void {
  if (!owners.has(path)) owners.set(path, owner);
}
