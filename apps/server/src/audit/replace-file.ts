import { open, rename, rm } from "node:fs/promises";

/**
 * Puts a file in place whole: written beside it, flushed, renamed. Whoever reads meanwhile gets the old content or
 * the new. Throws what the file system throws.
 */
export async function replaceFile(file: string, content: Uint8Array): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    const handle = await open(temporary, "w", 0o600);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (thrown) {
    await rm(temporary, { force: true });
    throw thrown;
  }
}
