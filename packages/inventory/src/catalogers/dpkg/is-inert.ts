import type { FileTree, PackageFacts } from "@pratique/core";
import { decodeLatin1 } from "../../decode-text.ts";
import { FailureLog } from "../../failure-log.ts";
import { isInertFile, mayBeInert } from "../../inert-files.ts";
import { readFile } from "../../read-file.ts";
import { fileListsOf, MAX_LIST_BYTES, pathIn } from "./file-lists.ts";

/**
 * Whether a package holds nothing that runs, by its name and by its list of files. False where it has no list, or one that
 * cannot be read: what is told here only takes weight from findings.
 */
export async function isInert(
  tree: FileTree,
  facts: PackageFacts,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (!mayBeInert(facts.name)) return false;
  const [list] = fileListsOf(tree, [facts]);
  if (list === undefined) return false;
  const content = await readFile(tree, list.path, {
    limitBytes: MAX_LIST_BYTES,
    code: "FILE_UNREADABLE",
    log: new FailureLog(),
    signal,
  });
  return content !== undefined && listsInertFiles(decodeLatin1(content));
}

/** Directories are listed as files are, and before what is in them. */
function listsInertFiles(text: string): boolean {
  const paths = text
    .split("\n")
    .map(pathIn)
    .filter((path) => path !== "" && path !== ".");
  return (
    paths.length > 0 && paths.every((path, at) => isInertFile(path) || paths[at + 1]?.startsWith(`${path}/`))
  );
}
