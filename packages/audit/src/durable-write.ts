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
