import { open, rename, rm } from "node:fs/promises";
import type { Store } from "../store.ts";
import { connectionOf } from "../store-connection.ts";
import { exportStore } from "./export-store.ts";

/**
 * Saves the store into a file while it is in use. `database`: the file is one that {@link openStore} opens. `lines`:
 * it is one that {@link importStore} reads. A file of the name is replaced once all has been written. Throws
 * StoreError, and the errors of files.
 */
export async function backupStore(store: Store, file: string): Promise<"database" | "lines"> {
  const { dialect } = connectionOf(store);
  const part = `${file}.part`;
  try {
    await rm(part, { force: true });
    if (dialect.copyTo === undefined) await writeLines(store, part);
    else await dialect.copyTo(part);
    await rename(part, file);
  } catch (thrown) {
    await rm(part, { force: true });
    throw thrown;
  }
  return dialect.copyTo === undefined ? "lines" : "database";
}

async function writeLines(store: Store, file: string): Promise<void> {
  const handle = await open(file, "wx", 0o600);
  await exportStore(store, handle.createWriteStream({ flush: true }));
}
