import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";

const REVISION_FILE = /^[0-9a-f]{64}-[0-9a-f]{8}\.sqlite$/u;

/** Revisions that are kept, the current one included: a process that has just read the pointer still finds its file. */
const KEEP_COUNT = 2;

/**
 * Removes all revisions but the current one and the newest before it. Processes that have an older one open keep
 * reading it; its space is freed when the last of them closes it.
 */
export async function removeOldRevisions(directory: string, current: string): Promise<void> {
  const others: { readonly name: string; readonly time: number }[] = [];
  for (const name of await readdir(directory)) {
    if (REVISION_FILE.test(name) && name !== current) {
      others.push({ name, time: (await stat(join(directory, name))).mtimeMs });
    }
  }
  others.sort((left, right) => right.time - left.time);
  for (const { name } of others.slice(KEEP_COUNT - 1)) await rm(join(directory, name), { force: true });
}
