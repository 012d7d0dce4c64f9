import { closeSync, fstatSync, readSync } from "node:fs";
import { messageOf } from "@pratique/core";
import { OciError } from "../errors.ts";
import { type DiskPath, openInside } from "../files/safe-open.ts";
import type { FileContent } from "../layer-index/layer-index.ts";

/** Content that is read from disk when asked for. */
export function diskContent(path: DiskPath, maxBytes: number): FileContent {
  return {
    async read(limitBytes = maxBytes) {
      return readDiskFile(path, Math.min(limitBytes, maxBytes));
    },
  };
}

/** Reads a whole file. Throws `LIMIT_REACHED` where the file is longer, `IMAGE_UNREADABLE` where it is no file or cannot be read. */
export function readDiskFile(path: DiskPath, maxBytes: number): Uint8Array {
  let fd: number | undefined;
  try {
    fd = openInside(path, "file");
    const stats = fstatSync(fd);
    if (!stats.isFile()) throw new OciError("IMAGE_UNREADABLE", `${quote(path)} is no longer a file`);
    if (stats.size > maxBytes) throw tooLong(path, maxBytes);
    return readWhole(fd, stats.size);
  } catch (cause) {
    if (cause instanceof OciError) throw cause;
    throw new OciError("IMAGE_UNREADABLE", `${quote(path)} cannot be read: ${messageOf(cause)}`, { cause });
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** What the file grows by in the meantime is left out. */
function readWhole(fd: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let filled = 0;
  while (filled < size) {
    const count = readSync(fd, bytes, filled, size - filled, filled);
    if (count === 0) break;
    filled += count;
  }
  return bytes.subarray(0, filled);
}

function tooLong(path: DiskPath, maxBytes: number): OciError {
  return new OciError("LIMIT_REACHED", `${quote(path)} is longer than ${maxBytes} bytes`);
}

function quote(path: DiskPath): string {
  return JSON.stringify(String(path));
}
