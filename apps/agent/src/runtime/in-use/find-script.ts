import { findBelowRoot } from "@pratique/sensor";
import { isFileOfTree } from "./mapped-files.ts";

/**
 * Finds the file that a process was given to execute, where it is there: the links to it that were named, and the file.
 * Whoever reads a script has closed it long ago, so that nothing else is to be seen of it.
 */
export async function findScript(
  pid: number,
  given: readonly string[],
  proc: string,
): Promise<readonly string[]> {
  for (const path of given) {
    const found = await findBelowRoot(pid, path, { proc });
    if (found !== undefined) return [...found.links, found.path].filter(isFileOfTree);
  }
  return [];
}
