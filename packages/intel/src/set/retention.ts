import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";

const SET_FILE = /^(?<revision>[0-9a-f]{64})\.(?:sqlite|snapshot)$/u;

/** Sets that are kept, the current one included: a process that has just read the pointer still finds its files. */
const KEEP_COUNT = 2;

/** Removes all sets but the current one and the newest before it. Who has an older one open goes on reading it. */
export async function removeOldSets(directory: string, current: string): Promise<void> {
  const times = new Map<string, number>();
  const names = await readdir(directory);
  for (const name of names) {
    const revision = SET_FILE.exec(name)?.groups?.revision;
    if (revision === undefined || revision === current) continue;
    const { mtimeMs } = await stat(join(directory, name));
    times.set(revision, Math.max(mtimeMs, times.get(revision) ?? 0));
  }
  const old = [...times].sort(([, left], [, right]) => right - left).slice(KEEP_COUNT - 1);
  for (const [revision] of old) {
    await rm(join(directory, `${revision}.sqlite`), { force: true });
    await rm(join(directory, `${revision}.snapshot`), { force: true });
  }
}
