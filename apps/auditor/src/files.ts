import { readFileSync, writeFileSync } from "node:fs";
import { messageOf } from "@pratique/core";
import { AuditorError } from "./errors.ts";

/** Reads a file as UTF-8. Throws `FILE_UNREADABLE`. */
export function readTextFile(file: string): string {
  return readBytes(file).toString("utf8");
}

/** Throws `FILE_UNREADABLE`. */
export function readBytes(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new AuditorError("FILE_UNREADABLE", `the file cannot be read: ${messageOf(cause)}`, { cause });
  }
}

/** Throws `FILE_UNWRITABLE`. */
export function writeBytes(file: string, content: Uint8Array | string): void {
  try {
    writeFileSync(file, content, { mode: 0o600 });
  } catch (cause) {
    throw new AuditorError("FILE_UNWRITABLE", `the file cannot be written: ${messageOf(cause)}`, { cause });
  }
}
