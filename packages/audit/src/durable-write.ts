import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

/** Writes a text of which the whole is on the disk when this returns. Throws what the file system throws. */
export function writeDurably(file: string, text: string): void {
  const descriptor = openSync(file, "w", 0o600);
  try {
    // Not writeSync, which is content with a part of the text when the disk is full.
    writeFileSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Puts a text in place of a file: who reads it sees the old one or the new one, and the new one from when this returns, also
 * after a power cut. Throws what the file system throws.
 */
export function replaceDurably(file: string, text: string): void {
  const temporary = `${file}.${process.pid}`;
  try {
    writeDurably(temporary, text);
    renameSync(temporary, file);
    syncDirectory(path.dirname(file));
  } catch (thrown) {
    rmSync(temporary, { force: true });
    throw thrown;
  }
}

/**
 * Brings the names in a directory onto the disk: what was renamed or linked has its new name after a power cut only when
 * its directory is there. Throws what the file system throws.
 */
export function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
