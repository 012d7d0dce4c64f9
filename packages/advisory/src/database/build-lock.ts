import { join } from "node:path";
import { acquireWriterLock, type WriterLockOptions } from "@pratique/dataset";
import { AdvisoryError } from "../errors.ts";

/** Keeps two builds of one directory apart. Throws `BUILD_LOCKED` when another build still runs after the wait. */
export async function acquireBuildLock(directory: string, options: WriterLockOptions): Promise<Disposable> {
  const lock = await acquireWriterLock(join(directory, "build.lock"), options);
  if (lock !== undefined) return lock;
  throw new AdvisoryError("BUILD_LOCKED", `another build is at work in ${JSON.stringify(directory)}`);
}
