import { existsSync, readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import process from "node:process";
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

/**
 * Replaces a file as a whole: a checkpoint that was kept is what a rollback is seen by, and must not be lost for want of room for
 * the next. Throws `FILE_UNWRITABLE`.
 */
export function writeBytes(file: string, content: Uint8Array | string): void {
  try {
    if (statSync(file, { throwIfNoEntry: false })?.isFile() === false) writeFileSync(file, content);
    else replace(existsSync(file) ? realpathSync(file) : file, content);
  } catch (cause) {
    throw new AuditorError("FILE_UNWRITABLE", `the file cannot be written: ${messageOf(cause)}`, { cause });
  }
}

function replace(file: string, content: Uint8Array | string): void {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, content, { mode: 0o600, flush: true });
    renameSync(temporary, file);
  } catch (thrown) {
    rmSync(temporary, { force: true });
    throw thrown;
  }
}
