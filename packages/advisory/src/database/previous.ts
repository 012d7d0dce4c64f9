import { join } from "node:path";
import { AdvisoryError } from "../errors.ts";
import type { MirrorState } from "./mirror-state.ts";
import { fileNameOf, type Pointer, readPointer } from "./pointer.ts";
import { numberColumn, textColumn } from "./row.ts";
import { parseSourceRecord, type SourceRecord } from "./source-record.ts";
import { openReadOnly, verifyDatabaseFile } from "./verify.ts";

/** A source of the database before, with its number in it. */
interface PreviousSource {
  readonly id: number;
  readonly record: SourceRecord;
}

/** The database that a directory holds before a build. */
export interface PreviousDatabase {
  readonly path: string;
  readonly revision: string;
  readonly sources: readonly PreviousSource[];
}

/**
 * Reads the database that a directory holds, from end to end, as a build may take rows over from it. Undefined where
 * there is none. Throws `DATABASE_CORRUPT`.
 */
export function readPrevious(directory: string): PreviousDatabase | undefined {
  const pointer = readPointer(directory);
  if (pointer === undefined) return undefined;
  const path = join(directory, fileNameOf(pointer));
  const { revision } = verifyDatabaseFile(path);
  if (revision !== pointer.revision) {
    throw new AdvisoryError(
      "DATABASE_CORRUPT",
      `advisory database ${JSON.stringify(path)} has other content than its name says`,
    );
  }
  return { path, revision, sources: readSources(path) };
}

/** A damaged database is no reason not to build a sound one; it is told, and nothing is taken over from it. */
export function readPreviousIfSound(directory: string): {
  readonly previous?: PreviousDatabase | undefined;
  readonly damage?: string;
} {
  try {
    return { previous: readPrevious(directory) };
  } catch (thrown) {
    if (thrown instanceof AdvisoryError && thrown.code === "DATABASE_CORRUPT") {
      return { damage: thrown.message };
    }
    throw thrown;
  }
}

/** The pointer alone, where even that can be read: where the sources of a damaged database were. */
export function readPointerOrNothing(directory: string): Pointer | undefined {
  try {
    return readPointer(directory);
  } catch (thrown) {
    if (thrown instanceof AdvisoryError) return undefined;
    throw thrown;
  }
}

/** The mirror that the database of a directory came from, also where the database itself is damaged. */
export function rememberedMirror(directory: string): MirrorState | undefined {
  return readPointerOrNothing(directory)?.mirror;
}

function readSources(path: string): readonly PreviousSource[] {
  const database = openReadOnly(path);
  try {
    return database
      .prepare("SELECT id, body FROM source ORDER BY id")
      .all()
      .map((row) => ({ id: numberColumn(row, "id"), record: parseSourceRecord(textColumn(row, "body")) }));
  } finally {
    database.close();
  }
}
