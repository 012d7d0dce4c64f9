import type { FilePattern, FileTree } from "@pratique/core";
import type { FailureLog } from "./failure-log.ts";
import { type MatchedFile, matchedFiles } from "./matched-files.ts";
import { readFile } from "./read-file.ts";

const READS_AT_ONCE = 16;

export interface ReadMatchedOptions<Result> {
  /** Narrows what the patterns want. */
  readonly accepts: (path: string) => boolean;
  /** Takes the content, and gives undefined where it is not a record. */
  readonly parse: (file: MatchedFile, content: Buffer) => Result | undefined;
  readonly maxFiles: number;
  readonly maxBytesEach: number;
  readonly log: FailureLog;
  readonly signal?: AbortSignal | undefined;
}

/** Reads every file that the patterns want, a few at a time, and gives what they hold in the tree's order. */
export async function readMatched<Result>(
  tree: FileTree,
  patterns: readonly FilePattern[],
  options: ReadMatchedOptions<Result>,
): Promise<readonly Result[]> {
  const files = acceptedFiles(tree, patterns, options);
  const results: Result[] = [];
  for (let start = 0; start < files.length; start += READS_AT_ONCE) {
    const batch = files.slice(start, start + READS_AT_ONCE);
    const read = await Promise.all(batch.map((file) => readOne(tree, file, options)));
    results.push(...read.filter((result) => result !== undefined));
  }
  return results;
}

function acceptedFiles<Result>(
  tree: FileTree,
  patterns: readonly FilePattern[],
  { accepts, maxFiles, log }: ReadMatchedOptions<Result>,
): readonly MatchedFile[] {
  const files = matchedFiles(tree, patterns).filter(({ path }) => accepts(path));
  if (files.length > maxFiles) {
    log.add("LIMIT_REACHED", `${files.length} package records, of which ${maxFiles} were read`);
  }
  return files.slice(0, maxFiles);
}

async function readOne<Result>(
  tree: FileTree,
  file: MatchedFile,
  { parse, maxBytesEach, log, signal }: ReadMatchedOptions<Result>,
): Promise<Result | undefined> {
  if (file.dangling) {
    log.add("FILE_UNREADABLE", "symlink leads to no file of the image", file.path);
    return undefined;
  }
  const options = { limitBytes: maxBytesEach, code: "FILE_UNREADABLE", log, signal } as const;
  const content = await readFile(tree, file.path, options);
  return content === undefined ? undefined : parse(file, content);
}
