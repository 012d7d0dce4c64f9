import { join } from "node:path";
import { AdvisoryError } from "../errors.ts";
import { AdvisoryDatabase, type OpenOptions } from "./advisory-database.ts";
import { fileNameOf, readPointer } from "./pointer.ts";
import { openReadOnly } from "./verify.ts";

const FILE = /^(?<revision>[0-9a-f]{64})-[0-9a-f]{8}\.sqlite$/u;

/**
 * The name of the file that is current in a directory; undefined where there is none. As long as it is the same, so are
 * the answers and their dates. Throws `DATABASE_CORRUPT`.
 */
export function currentVersion(directory: string): string | undefined {
  const pointer = readPointer(directory);
  return pointer === undefined ? undefined : fileNameOf(pointer);
}

/**
 * Opens a file of a directory that is perhaps no longer current, by the name that {@link currentVersion} gave. Undefined
 * where it is gone: builds keep the current one and the one before. Throws `DATABASE_CORRUPT`.
 */
export function openVersion(
  directory: string,
  file: string,
  options: OpenOptions,
): AdvisoryDatabase | undefined {
  const path = pathOfVersion(directory, file);
  const revision = FILE.exec(file)?.groups?.revision ?? "";
  try {
    return new AdvisoryDatabase({ database: openReadOnly(path), path, revision }, options);
  } catch (thrown) {
    if (currentVersion(directory) === file) throw thrown;
    return undefined;
  }
}

/** The name comes from outside, and becomes part of a path. Throws `DATABASE_CORRUPT`. */
export function pathOfVersion(directory: string, file: string): string {
  if (FILE.test(file)) return join(directory, file);
  throw new AdvisoryError("DATABASE_CORRUPT", `${JSON.stringify(file)} is no name of an advisory database`);
}
