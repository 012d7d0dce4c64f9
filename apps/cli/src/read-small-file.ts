import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import { messageOf } from "@pratique/core";
import { CliError, type CliErrorCode } from "./errors.ts";

/** Reads a file that the user named, if it is one and no longer than is allowed; else throws `code`. */
export function readSmallFile(file: string, maxBytes: number, code: CliErrorCode): string {
  try {
    const descriptor = openSync(file, "r");
    try {
      const { size } = fstatSync(descriptor);
      if (size > maxBytes) {
        throw new CliError(code, `${JSON.stringify(file)} has ${size} bytes, which is more than ${maxBytes}`);
      }
      return readFileSync(descriptor, "utf8");
    } finally {
      closeSync(descriptor);
    }
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    throw new CliError(code, `${JSON.stringify(file)} cannot be read: ${messageOf(cause)}`, { cause });
  }
}
