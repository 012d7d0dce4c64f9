import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as wait } from "node:timers/promises";
import { AdvisoryError } from "../errors.ts";
import { isBusy } from "./sqlite-failure.ts";

const FILE_NAME = "build.lock";
const POLL_MS = 100;

export interface LockOptions {
  /** How long to wait for another build, in milliseconds. 0 does not wait. */
  readonly waitMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Keeps two builds of one directory apart. The lock is SQLite's own on a file of its own, hence the kernel's: it
 * ends with the process that holds it, however that dies, so that no lock is ever stale.
 *
 * Throws `BUILD_LOCKED` when another build still runs after the wait.
 */
export async function acquireBuildLock(
  directory: string,
  { waitMs, signal }: LockOptions,
): Promise<Disposable> {
  for (let waited = 0; ; waited += POLL_MS) {
    const lock = tryLock(directory);
    if (lock !== undefined) return lock;
    if (waited >= waitMs) {
      throw new AdvisoryError("BUILD_LOCKED", `another build is at work in ${JSON.stringify(directory)}`);
    }
    await wait(POLL_MS, undefined, signal === undefined ? {} : { signal });
  }
}

function tryLock(directory: string): Disposable | undefined {
  const database = new DatabaseSync(join(directory, FILE_NAME), { timeout: 0 });
  try {
    database.exec("BEGIN EXCLUSIVE");
  } catch (thrown) {
    database.close();
    if (isBusy(thrown)) return undefined;
    throw thrown;
  }
  return { [Symbol.dispose]: () => database.close() };
}
