import { accessSync } from "node:fs";
import { hasCode } from "@pratique/core";
import { AuditError, toAuditError } from "./errors.ts";

/**
 * Throws `LOG_MISSING` where there is no log, and `LOG_UNWRITABLE` where this user cannot tell: a log that may not be seen
 * is none that has not begun yet.
 */
export function refuseMissing(file: string): void {
  try {
    accessSync(file);
  } catch (cause) {
    if (!hasCode(cause, "ENOENT")) throw toAuditError(cause, "the audit log cannot be read");
    throw new AuditError("LOG_MISSING", `there is no audit log at ${JSON.stringify(file)}`, { cause });
  }
}
