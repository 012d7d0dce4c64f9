import { ArchiveError } from "./errors.ts";
import type { ByteSpan } from "./tar-header.ts";

/** The longest path that Linux takes in one call, less its NUL. */
const MAX_PATH = 4095;
const MAX_NAME = 255;

/**
 * A name as text: UTF-8 where it is, else each byte as the Latin-1 character with its number, so that no two
 * names of either kind become one by replacement characters.
 */
export function decodeName({ bytes, start, end }: ByteSpan): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start);
  const text = buffer.toString("utf8");
  return text.includes("\uFFFD") && !Buffer.from(text).equals(buffer) ? buffer.toString("latin1") : text;
}

/**
 * Makes the name of an entry relative to the root: without leading slashes, empty parts, `.` and `..`. The
 * root itself is the empty string.
 *
 * Throws `PATH_UNSAFE` for a name that leaves the root or contains a NUL, and `LIMIT_REACHED` for one that no
 * file system takes.
 */
export function normalizeEntryPath(name: string): string {
  if (name.includes("\0")) throw new ArchiveError("PATH_UNSAFE", "a name contains a NUL byte");
  if (name.length > MAX_PATH) {
    throw new ArchiveError("LIMIT_REACHED", `a path is longer than ${MAX_PATH}: ${quote(name)}`);
  }
  const parts: string[] = [];
  for (const part of name.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") {
      if (parts.pop() === undefined) {
        throw new ArchiveError("PATH_UNSAFE", `a path leaves the root: ${quote(name)}`);
      }
      continue;
    }
    if (part.length > MAX_NAME) {
      throw new ArchiveError("LIMIT_REACHED", `a name is longer than ${MAX_NAME}: ${quote(part)}`);
    }
    parts.push(part);
  }
  return parts.join("/");
}

function quote(name: string): string {
  return JSON.stringify(name.length > 200 ? `${name.slice(0, 200)}…` : name);
}
