import { ArchiveError } from "./errors.ts";
import { bufferOver } from "./memory-views.ts";
import type { ByteSpan } from "./tar-header.ts";

/** The longest path that Linux takes in one call, less its NUL. */
const MAX_PATH = 4095;
const MAX_NAME = 255;
const [SLASH, DOT] = [0x2f, 0x2e];

/**
 * A name as text: UTF-8 where it is, else each byte as the Latin-1 character with its number, so that no two
 * names of either kind become one by replacement characters.
 */
export function decodeName({ bytes, start, end }: ByteSpan): string {
  const buffer = bufferOver(bytes.buffer);
  const [first, last] = [bytes.byteOffset + start, bytes.byteOffset + end];
  const text = buffer.toString("utf8", first, last);
  if (!text.includes("\uFFFD") || Buffer.from(text).equals(buffer.subarray(first, last))) return text;
  return buffer.toString("latin1", first, last);
}

/**
 * Makes the name of an entry relative to the root: without leading slashes, empty parts, `.` and `..`. The
 * root itself is the empty string.
 *
 * Throws `PATH_UNSAFE` for a name that leaves the root or contains a NUL, and `LIMIT_REACHED` for one that no
 * file system takes.
 */
export function normalizeEntryPath(name: string): string {
  const start = name.startsWith("./") ? 2 : 0;
  const end = name.endsWith("/") ? name.length - 1 : name.length;
  return isNormal(name, start, end) ? name.slice(start, end) : normalized(name);
}

/** Nearly all names are: they are taken as they are, and not in parts. */
function isNormal(name: string, start: number, end: number): boolean {
  if (name.length > MAX_PATH) return false;
  let first = start;
  for (let at = start; at <= end; at += 1) {
    const unit = at === end ? SLASH : name.charCodeAt(at);
    if (unit === 0) return false;
    if (unit !== SLASH) continue;
    const length = at - first;
    if (length < 1 || length > MAX_NAME || (length < 3 && isDots(name, first, at))) return false;
    first = at + 1;
  }
  return true;
}

function isDots(name: string, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) if (name.charCodeAt(at) !== DOT) return false;
  return true;
}

function normalized(name: string): string {
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
