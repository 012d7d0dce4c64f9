import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { MiB } from "@pratique/core";
import { AdvisoryError } from "../errors.ts";
import { type Fields, listOf, objectOf } from "../location/fields.ts";
import type { FileStamp } from "./file-stamp.ts";
import { parseObject, requireNumber, requireText, type SourceLocation } from "./source-record.ts";

/** The name of the small file that says which database holds. */
const FILE_NAME = "current";
const MAX_BYTES = MiB;
const REVISION = /^[0-9a-f]{64}$/u;

/** Which database of a directory holds, and where its sources were: enough to build it again if it is damaged. */
export interface Pointer extends FileStamp {
  readonly revision: string;
  readonly sources: readonly SourceLocation[];
}

/** The name of a database file. Two builds of the same answers may differ in dates, and are two files. */
export function fileNameOf({ revision, checksum }: Pick<Pointer, "revision" | "checksum">): string {
  return `${revision}-${checksum}.sqlite`;
}

/** Reads the pointer, or undefined where there is none. Throws `DATABASE_CORRUPT`. */
export function readPointer(directory: string): Pointer | undefined {
  const text = readSmallFile(join(directory, FILE_NAME));
  return text === undefined ? undefined : parsePointer(text);
}

/** Checks the form of a pointer. Throws `DATABASE_CORRUPT`. */
function parsePointer(text: string): Pointer {
  const fields = parseObject(text);
  const revision = requireText(fields, "revision");
  if (!REVISION.test(revision)) {
    throw new AdvisoryError(
      "DATABASE_CORRUPT",
      "expected a revision in the pointer to the advisory database",
    );
  }
  return {
    revision,
    checksum: requireChecksum(fields),
    bytes: requireNumber(fields, "bytes"),
    modifiedMs: requireNumber(fields, "modifiedMs"),
    sources: listOf(fields.sources).map((item) => {
      const source = objectOf(item) ?? {};
      return { provider: requireText(source, "provider"), location: requireText(source, "location") };
    }),
  };
}

/** It becomes part of a path. */
function requireChecksum(fields: Fields): string {
  const checksum = requireText(fields, "checksum");
  if (/^[0-9a-f]{8}$/u.test(checksum)) return checksum;
  throw new AdvisoryError("DATABASE_CORRUPT", "expected a check sum in the pointer to the advisory database");
}

/** Replaces the pointer so that a reader, or a machine that stops half way, sees the old one or the new one. */
export async function writePointer(directory: string, pointer: Pointer): Promise<void> {
  const temporary = join(directory, `building-${pointer.revision}.current`);
  try {
    const file = await open(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC, 0o644);
    try {
      await file.writeFile(`${JSON.stringify(pointer)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, join(directory, FILE_NAME));
  } catch (thrown) {
    await rm(temporary, { force: true });
    throw thrown;
  }
  await syncPath(directory);
}

/** Makes a file, or the renames in a directory, outlive a power cut. */
export async function syncPath(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function readSmallFile(path: string): string | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY);
  } catch (thrown) {
    if (objectOf(thrown)?.code === "ENOENT") return undefined;
    throw thrown;
  }
  try {
    if (fstatSync(descriptor).size > MAX_BYTES) {
      throw new AdvisoryError("DATABASE_CORRUPT", "the pointer to the advisory database is too long");
    }
    return readFileSync(descriptor, "utf8");
  } finally {
    closeSync(descriptor);
  }
}
