import { accessSync, constants, mkdirSync } from "node:fs";
import path from "node:path";
import { acquireWriterLock } from "@pratique/dataset";
import { CliError } from "./errors.ts";

/** The one before may still be at its end, as where a service is started anew. */
const LOCK_WAIT_MS = 5000;

/**
 * Keeps a second part of one kind away from what one works with, whatever sockets and ports it has. Throws `PART_FAILED`
 * where another works there.
 */
export async function holdDirectory(
  directory: string,
  part: "agent" | "server",
  { waitMs = LOCK_WAIT_MS }: { readonly waitMs?: number } = {},
): Promise<Disposable> {
  makeDirectory(directory);
  const lock = await acquireWriterLock(path.join(directory, "lock"), { waitMs });
  if (lock !== undefined) return lock;
  throw new CliError("PART_FAILED", `another ${part} works in ${JSON.stringify(directory)}`, {
    hint: "stop it, or give this one a directory of its own with --data",
  });
}

/** Of a file system that cannot be written, making it with all above it says that nothing is there. */
function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (cause) {
    accessSync(path.dirname(directory), constants.W_OK);
    throw cause;
  }
}
