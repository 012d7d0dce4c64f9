import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { syncPath, unfinishedPath } from "@pratique/dataset";
import { IntelError } from "../errors.ts";
import { databaseFile, type Pointer, snapshotFile, stampOf, writePointer } from "./pointer.ts";
import { removeOldSets } from "./retention.ts";
import type { SetWriter } from "./set-writer.ts";

export interface PublishOptions {
  readonly directory: string;
  /** Where the writer writes. */
  readonly path: string;
  /** What the pointer is to say besides what the writer knows. */
  readonly about: Omit<Pointer, "database" | "snapshot" | "indicators" | "prefixes">;
  readonly signal: AbortSignal | undefined;
  /** Looks at the set once its files are there; where it says no, or throws, they are removed again. */
  readonly review?: ((pointer: Pointer) => Promise<boolean>) | undefined;
  /** The revision in force. */
  readonly before: string | undefined;
}

export interface PublishedSet {
  readonly pointer: Pointer;
  readonly inForce: boolean;
}

/**
 * Ends a set, writes its snapshot, and puts both in force. Until the pointer is replaced, the set before holds; whoever
 * reads sees the one or the other.
 */
export async function publishSet(
  writer: SetWriter,
  { directory, path, about, signal, review, before }: PublishOptions,
): Promise<PublishedSet> {
  const indicators = writer.count;
  const snapshotPath = unfinishedPath(directory, ".snapshot");
  try {
    const { snapshot, prefixes } = finishInto(snapshotPath, writer);
    await syncPath(path);
    const { v4, v6, names } = snapshot;
    const pointer: Pointer = {
      ...about,
      database: stampOf(path),
      snapshot: { ...stampOf(snapshotPath), v4, v6, names },
      indicators,
      prefixes,
    };
    if (signal?.aborted === true) throw new IntelError("UPDATE_ABORTED", "the update was called off");
    await rename(path, join(directory, databaseFile(pointer)));
    await rename(snapshotPath, join(directory, snapshotFile(pointer)));
    await syncPath(directory);
    if (review !== undefined && !(await isWanted(directory, pointer, { review, before }))) {
      return { pointer, inForce: false };
    }
    await writePointer(directory, pointer);
    await removeOldSets(directory, pointer.database.sha256);
    return { pointer, inForce: true };
  } finally {
    await rm(snapshotPath, { force: true });
  }
}

async function isWanted(
  directory: string,
  pointer: Pointer,
  {
    review,
    before,
  }: { readonly review: (pointer: Pointer) => Promise<boolean>; readonly before: string | undefined },
): Promise<boolean> {
  let wanted = false;
  try {
    wanted = await review(pointer);
    return wanted;
  } finally {
    // The same indicators make the same set: what is in force stays.
    if (!wanted && pointer.database.sha256 !== before) {
      await rm(join(directory, databaseFile(pointer)), { force: true });
      await rm(join(directory, snapshotFile(pointer)), { force: true });
    }
  }
}

/** Ends a set with its snapshot in a new file, synced. */
function finishInto(path: string, writer: SetWriter): ReturnType<SetWriter["finish"]> {
  const descriptor = openSync(path, "wx", 0o644);
  try {
    const write = (bytes: Uint8Array, position: number): void => {
      for (let done = 0; done < bytes.length; ) {
        done += writeSync(descriptor, bytes, done, bytes.length - done, position + done);
      }
    };
    const finished = writer.finish({ write });
    fsyncSync(descriptor);
    return finished;
  } finally {
    closeSync(descriptor);
  }
}
