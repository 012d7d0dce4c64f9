import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

/**
 * Replaces a file as a whole: whoever reads it sees the old text or the new one, also after a crash or on a full
 * disk. Throws what the file system throws.
 */
export function replaceFile(file: string, text: string, mode = 0o600): void {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    const descriptor = openSync(temporary, "w", mode);
    try {
      // Not writeSync, which is content with a part of the text when the disk is full.
      writeFileSync(descriptor, text);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, file);
  } catch (thrown) {
    rmSync(temporary, { force: true });
    throw thrown;
  }
}

/**
 * The same, and the new text is there also after the power fails, from when this returns: for what somebody else
 * relies on then, as a server does on what it was told.
 */
export function replaceFileForGood(file: string, text: string): void {
  replaceFile(file, text);
  const directory = openSync(path.dirname(file), "r");
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
