import { constants } from "node:fs";
import { open } from "node:fs/promises";

/** Makes a file, or the renames in a directory, outlive a power cut. Throws what the file system throws. */
export async function syncPath(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
