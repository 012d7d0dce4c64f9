import { ArchiveError } from "@pratique/archive";
import { messageOf } from "@pratique/core";
import { HttpError } from "@pratique/http";
import { IntelError, type IntelErrorCode } from "../errors.ts";
import { objectOf } from "./fields.ts";

/** Primary result codes of SQLite (https://www.sqlite.org/rescode.html). */
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_NOTADB = 26;

/** Turns what went wrong while a feed was read into one of our errors; defects of ours stay as they are. */
export function feedFailure(thrown: unknown, place: string): unknown {
  if (thrown instanceof IntelError) return thrown;
  if (thrown instanceof ArchiveError && thrown.code === "ABORTED") {
    return new IntelError("UPDATE_ABORTED", "the update was called off");
  }
  const code = codeOf(thrown);
  return code === undefined
    ? thrown
    : new IntelError(code, `${JSON.stringify(place)}: ${messageOf(thrown)}`, { cause: thrown });
}

function codeOf(thrown: unknown): IntelErrorCode | undefined {
  if (thrown instanceof HttpError) {
    if (thrown.code === "ABORTED") return "UPDATE_ABORTED";
    if (thrown.code === "MALFORMED") return "FEED_DAMAGED";
    return thrown.code === "TOO_LARGE" ? "FEED_TOO_LARGE" : "FEED_UNREACHABLE";
  }
  if (thrown instanceof ArchiveError) {
    if (thrown.code === "LOCATION_UNREADABLE") return "FEED_UNREADABLE";
    return thrown.code === "LIMIT_REACHED" ? "FEED_TOO_LARGE" : "FEED_DAMAGED";
  }
  const fields = thrown instanceof Error ? objectOf(thrown) : undefined;
  if (fields?.code === "ENOSPC" || fields?.code === "EDQUOT") return "DISK_FULL";
  if (fields?.name === "AbortError") return "UPDATE_ABORTED";
  if (typeof fields?.errcode === "number") return ofSqlite(fields.errcode & 0xff);
  return typeof fields?.syscall === "string" ? "FEED_UNREADABLE" : undefined;
}

function ofSqlite(primary: number): IntelErrorCode {
  if (primary === SQLITE_FULL) return "DISK_FULL";
  return primary === SQLITE_CORRUPT || primary === SQLITE_NOTADB ? "SET_CORRUPT" : "UPDATE_FAILED";
}
