import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as wait } from "node:timers/promises";
import { IntelError } from "../errors.ts";
import { objectOf } from "../location/fields.ts";

const FILE_NAME = "update.lock";
const POLL_MS = 100;
const SQLITE_BUSY = 5;

/**
 * Keeps two updates of one directory apart. The lock is SQLite's own on a file of its own, hence the kernel's: it ends
 * with the process that holds it, so that no lock is ever stale. Throws `UPDATE_LOCKED` after the wait.
 */
export async function acquireUpdateLock(
  directory: string,
  { waitMs, signal }: { readonly waitMs: number; readonly signal?: AbortSignal | undefined },
): Promise<Disposable> {
  for (let waited = 0; ; waited += POLL_MS) {
    const lock = tryLock(directory);
    if (lock !== undefined) return lock;
    if (waited >= waitMs) {
      throw new IntelError("UPDATE_LOCKED", `another update is at work in ${JSON.stringify(directory)}`);
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
    const code = objectOf(thrown)?.errcode;
    if (typeof code === "number" && (code & 0xff) === SQLITE_BUSY) return undefined;
    throw thrown;
  }
  return { [Symbol.dispose]: () => database.close() };
}
