import { chmodSync, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as wait } from "node:timers/promises";

const POLL_MS = 100;
/** A primary result code (https://www.sqlite.org/rescode.html); extended ones keep it in their low byte. */
const SQLITE_BUSY = 5;

export interface WriterLockOptions {
  /** How long to wait for another writer, in milliseconds. 0 does not wait. */
  readonly waitMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Keeps two writers apart. The lock is SQLite's own on a file of its own, hence the kernel's: it ends with the process
 * that holds it, however that dies, so that no lock is ever stale.
 *
 * Undefined where another writer still works after the wait. Throws what SQLite throws, and the signal's `AbortError`.
 */
export async function acquireWriterLock(
  file: string,
  { waitMs, signal }: WriterLockOptions,
): Promise<Disposable | undefined> {
  for (let waited = 0; ; waited += POLL_MS) {
    const lock = tryLock(file);
    if (lock !== undefined || waited >= waitMs) return lock;
    await wait(POLL_MS, undefined, signal === undefined ? {} : { signal });
  }
}

function tryLock(file: string): Disposable | undefined {
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    // Who may read it may keep everybody else from it.
    if ((statSync(file).mode & 0o077) !== 0) chmodSync(file, 0o600);
    database.exec("BEGIN EXCLUSIVE");
  } catch (thrown) {
    database.close();
    if (isBusy(thrown)) return undefined;
    throw thrown;
  }
  return { [Symbol.dispose]: () => database.close() };
}

function isBusy(thrown: unknown): boolean {
  if (!(thrown instanceof Error) || !("errcode" in thrown)) return false;
  return typeof thrown.errcode === "number" && (thrown.errcode & 0xff) === SQLITE_BUSY;
}
