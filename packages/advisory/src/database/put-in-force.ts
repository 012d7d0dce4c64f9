import { rename } from "node:fs/promises";
import { join } from "node:path";
import { syncPath } from "@pratique/dataset";
import { AdvisoryError } from "../errors.ts";
import type { RowCounts } from "./assemble.ts";
import { stampOf } from "./file-stamp.ts";
import type { MirrorState } from "./mirror-state.ts";
import { fileNameOf, writePointer } from "./pointer.ts";
import { removeOldRevisions } from "./retention.ts";
import type { SourceLocation } from "./source-record.ts";
import { verifyDatabaseFile } from "./verify.ts";

export interface PutInForceOptions {
  readonly directory: string;
  /** How many rows were written. */
  readonly counts: RowCounts;
  readonly sources: readonly SourceLocation[];
  readonly mirror?: MirrorState | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A database that holds now. */
export interface InForce {
  readonly revision: string;
  readonly path: string;
  readonly bytes: number;
}

/**
 * Reads a new database from end to end, gives it its name, and points to it. Until then nothing has changed. The lock must be
 * held. Throws `BUILD_FAILED` where it is not what was written, and `BUILD_ABORTED`.
 */
export async function putInForce(newPath: string, options: PutInForceOptions): Promise<InForce> {
  const { directory, counts, signal, mirror } = options;
  await syncPath(newPath);
  const { revision, bytes } = checkNew(newPath, counts);
  const stamp = stampOf(newPath);
  const name = fileNameOf({ revision, ...stamp });
  const path = join(directory, name);
  if (signal?.aborted === true) throw new AdvisoryError("BUILD_ABORTED", "the build was called off");
  await rename(newPath, path);
  await syncPath(directory);
  const sources = options.sources.map(({ provider, location }) => ({ provider, location }));
  await writePointer(directory, { revision, ...stamp, sources, ...(mirror === undefined ? {} : { mirror }) });
  await removeOldRevisions(directory, name);
  return { revision, path, bytes };
}

function checkNew(path: string, expected: RowCounts): { readonly revision: string; readonly bytes: number } {
  const { revision, counts, bytes } = verifyDatabaseFile(path);
  for (const table of ["advisory", "detail", "enrichment"] as const) {
    if (counts[table] !== expected[table]) {
      throw new AdvisoryError(
        "BUILD_FAILED",
        `wrote ${expected[table]} rows of ${table}, found ${counts[table]}`,
      );
    }
  }
  return { revision, bytes };
}
