import { open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { syncPath } from "@pratique/dataset";
import { encodeBlock, type PastBlock } from "./past-file.ts";

/** Leftovers of a writer that was killed; they are no hours to those who read. */
export const UNFINISHED = /^writing-/u;

/** Replaces the file of an hour as a whole, and gives its length. Whoever reads it sees the old one or the new one. */
export async function writeHourFile(
  directory: string,
  name: string,
  blocks: Iterable<PastBlock>,
): Promise<number> {
  const temporary = join(directory, `writing-${name}`);
  let bytes = 0;
  try {
    const file = await open(temporary, "w", 0o600);
    try {
      for (const block of blocks) {
        const piece = await encodeBlock(block);
        await file.writeFile(piece);
        bytes += piece.length;
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, join(directory, name));
  } catch (thrown) {
    await rm(temporary, { force: true });
    throw thrown;
  }
  await syncPath(directory);
  return bytes;
}
