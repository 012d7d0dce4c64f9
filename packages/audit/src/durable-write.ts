import { closeSync, fsyncSync, openSync, writeFileSync } from "node:fs";

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
