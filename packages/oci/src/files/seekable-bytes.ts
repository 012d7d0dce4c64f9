import { closeSync, fstatSync } from "node:fs";
import { ArchiveError, type ByteSource, fileSource } from "@pratique/archive";
import { messageOf } from "@pratique/core";
import { OciError } from "../errors.ts";
import type { FilePart } from "./file-chunks.ts";
import { type DiskPath, openInside } from "./safe-open.ts";
import type { StoredPart } from "./stored-reader.ts";

/** Bytes of a local file that can be read anywhere, until they are disposed of. */
export interface SeekableBytes extends Disposable {
  readonly source: ByteSource;
  /** Where they lie; the file is open until they are disposed of. */
  readonly place: StoredPart;
}

/** A part of an open file, which stays open. What cannot be read throws `IMAGE_UNREADABLE`. */
export function seekablePart(fd: number, { offset, size }: FilePart): SeekableBytes {
  const place = { fd, offset, size };
  return { source: sourceAt(place), place, [Symbol.dispose]: () => undefined };
}

/** A file that has been found by walking; {@link openInside} says what is refused. */
export function seekableFile(path: DiskPath): SeekableBytes {
  const fd = openInside(path, "file");
  const place = { fd, offset: 0, size: fstatSync(fd).size };
  return {
    source: sourceAt(place),
    place,
    [Symbol.dispose]: () => closeSync(fd),
  };
}

/** A file that ends early is the archive's concern; any other trouble is the disk's. */
function sourceAt(place: StoredPart): ByteSource {
  const source = fileSource({ ...place, readAheadBytes: 0 });
  return {
    size: source.size,
    read(offset, length) {
      try {
        return source.read(offset, length);
      } catch (cause) {
        if (cause instanceof ArchiveError) throw cause;
        throw new OciError("IMAGE_UNREADABLE", `the file cannot be read: ${messageOf(cause)}`, { cause });
      }
    },
  };
}
