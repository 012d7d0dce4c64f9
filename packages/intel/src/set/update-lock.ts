import { join } from "node:path";
import { acquireWriterLock, type WriterLockOptions } from "@pratique/dataset";
import { IntelError } from "../errors.ts";

/** Keeps two updates of one directory apart. Throws `UPDATE_LOCKED` when another one still runs after the wait. */
export async function acquireUpdateLock(directory: string, options: WriterLockOptions): Promise<Disposable> {
  const lock = await acquireWriterLock(join(directory, "update.lock"), options);
  if (lock !== undefined) return lock;
  throw new IntelError("UPDATE_LOCKED", `another update is at work in ${JSON.stringify(directory)}`);
}
