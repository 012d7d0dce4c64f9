import { MiB } from "@pratique/core";
import { readCurrent, replaceCurrent } from "@pratique/dataset";
import { AdvisoryError } from "../errors.ts";
import { type Fields, listOf, objectOf } from "../location/fields.ts";
import type { FileStamp } from "./file-stamp.ts";
import { type MirrorState, parseMirrorState } from "./mirror-state.ts";
import { parseObject, requireNumber, requireText, type SourceLocation } from "./source-record.ts";

const MAX_BYTES = MiB;
const REVISION = /^[0-9a-f]{64}$/u;

/** Which database of a directory holds, and where its sources were: enough to build it again if it is damaged. */
export interface Pointer extends FileStamp {
  readonly revision: string;
  readonly sources: readonly SourceLocation[];
  /** The mirror that was read last, if one was. */
  readonly mirror?: MirrorState;
}

/** The name of a database file. Two builds of the same answers may differ in dates, and are two files. */
export function fileNameOf({ revision, checksum }: Pick<Pointer, "revision" | "checksum">): string {
  return `${revision}-${checksum}.sqlite`;
}

/** Reads the pointer, or undefined where there is none. Throws `DATABASE_CORRUPT`. */
export function readPointer(directory: string): Pointer | undefined {
  const text = readCurrent(directory, MAX_BYTES);
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
  const mirror = parseMirrorState(fields.mirror);
  return {
    revision,
    checksum: requireChecksum(fields),
    bytes: requireNumber(fields, "bytes"),
    modifiedMs: requireNumber(fields, "modifiedMs"),
    sources: listOf(fields.sources).map((item) => {
      const source = objectOf(item) ?? {};
      return { provider: requireText(source, "provider"), location: requireText(source, "location") };
    }),
    ...(mirror === undefined ? {} : { mirror }),
  };
}

/** It becomes part of a path. */
function requireChecksum(fields: Fields): string {
  const checksum = requireText(fields, "checksum");
  if (/^[0-9a-f]{8}$/u.test(checksum)) return checksum;
  throw new AdvisoryError("DATABASE_CORRUPT", "expected a check sum in the pointer to the advisory database");
}

/** Puts a database in force. */
export async function writePointer(directory: string, pointer: Pointer): Promise<void> {
  await replaceCurrent(directory, `${JSON.stringify(pointer)}\n`);
}
