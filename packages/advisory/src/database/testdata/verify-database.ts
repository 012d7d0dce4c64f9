import { join } from "node:path";
import { AdvisoryError } from "../../errors.ts";
import { fileNameOf, readPointer } from "../pointer.ts";
import { verifyDatabaseFile } from "../verify.ts";

/**
 * Reads the current database of a directory from end to end. Throws `DATABASE_CORRUPT` where anything in it has changed
 * since it was built; returns false where there is none.
 */
export function verifyDatabase(directory: string): boolean {
  const pointer = readPointer(directory);
  if (pointer === undefined) return false;
  const path = join(directory, fileNameOf(pointer));
  if (verifyDatabaseFile(path).revision === pointer.revision) return true;
  throw new AdvisoryError("DATABASE_CORRUPT", `${JSON.stringify(path)} has other content than its name says`);
}
