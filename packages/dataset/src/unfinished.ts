import { randomUUID } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";

const PREFIX = "building-";

/** A name for what is not in force yet; nobody else has it. */
export function unfinishedPath(directory: string, ending: string): string {
  return join(directory, `${PREFIX}${randomUUID()}${ending}`);
}

/** Removes what a writer that died has left. The lock must be held. */
export async function removeUnfinished(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (name.startsWith(PREFIX)) await rm(join(directory, name), { force: true, recursive: true });
  }
}
