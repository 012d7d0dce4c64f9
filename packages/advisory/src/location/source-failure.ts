import { ArchiveError } from "@pratique/archive";
import { messageOf } from "@pratique/core";
import { AdvisoryError, type AdvisoryErrorCode } from "../errors.ts";

/** Turns what went wrong while a file of a source was read into one of our errors. */
export function sourceFailure(thrown: unknown, path: string): unknown {
  if (thrown instanceof AdvisoryError) return thrown;
  if (thrown instanceof ArchiveError) {
    if (thrown.code === "ABORTED") return new AdvisoryError("BUILD_ABORTED", "the build was called off");
    return new AdvisoryError(codeOf(thrown), `${JSON.stringify(path)}: ${thrown.message}`, { cause: thrown });
  }
  if (isFileSystemError(thrown)) {
    return new AdvisoryError("SOURCE_UNREADABLE", `${JSON.stringify(path)}: ${messageOf(thrown)}`, {
      cause: thrown,
    });
  }
  return thrown;
}

function codeOf({ code }: ArchiveError): AdvisoryErrorCode {
  if (code === "LOCATION_UNREADABLE") return "SOURCE_UNREADABLE";
  return code === "LIMIT_REACHED" ? "SOURCE_TOO_LARGE" : "SOURCE_DAMAGED";
}

/** Errors of files that we read; a full disk is what we write to, and is told by others. */
function isFileSystemError(thrown: unknown): boolean {
  return (
    thrown instanceof Error &&
    "syscall" in thrown &&
    "code" in thrown &&
    thrown.code !== "ENOSPC" &&
    thrown.code !== "EDQUOT"
  );
}
