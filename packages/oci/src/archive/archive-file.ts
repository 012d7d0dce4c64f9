import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import {
  ArchiveError,
  type Compression,
  detectCompression,
  MAGIC_BYTES,
  readTarSource,
  type TarEntry,
} from "@pratique/archive";
import { messageOf } from "@pratique/core";
import { OciError } from "../errors.ts";
import { type FilePart, fileChunks } from "../files/file-chunks.ts";
import { type SeekableBytes, seekablePart } from "../files/seekable-bytes.ts";
import { ArchiveLinks, entryPath } from "./archive-links.ts";

/** Entries of an image archive: some for each layer. */
const MAX_ENTRIES = 100_000;

/** An open file on disk that holds an image. */
export class ArchiveFile {
  readonly size: number;
  readonly compression: Compression;
  readonly #handle: FileHandle;

  constructor(handle: FileHandle, size: number, compression: Compression) {
    this.#handle = handle;
    this.size = size;
    this.compression = compression;
  }

  /** All bytes, or those of a part; the memory of a chunk is used anew when two more have been asked for. */
  chunks(signal: AbortSignal, part: FilePart = { offset: 0, size: this.size }): AsyncIterable<Uint8Array> {
    return fileChunks(this.#handle.fd, part, signal);
  }

  /** All bytes, or those of a part, for reading anywhere. */
  seekable(part: FilePart = { offset: 0, size: this.size }): SeekableBytes {
    return seekablePart(this.#handle.fd, part);
  }

  /** Where the files of an uncompressed tar lie; their contents are passed over. */
  async listParts(signal: AbortSignal | undefined): Promise<ArchiveParts> {
    const parts = new ArchiveParts();
    using bytes = this.seekable();
    try {
      await readTarSource(
        bytes.source,
        { entry: (entry) => parts.add(entry), content: () => undefined, contentEnd: () => undefined },
        { limits: { entries: MAX_ENTRIES, bytes: this.size }, ...(signal !== undefined && { signal }) },
      );
    } catch (cause) {
      if (!(cause instanceof ArchiveError)) throw cause;
      const code = cause.code === "LIMIT_REACHED" ? "LIMIT_REACHED" : "IMAGE_UNREADABLE";
      throw new OciError(code, `the archive cannot be read: ${messageOf(cause)}`, { cause });
    }
    return parts;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

/** Opens an image archive. Throws `IMAGE_NOT_FOUND`. */
export async function openArchiveFile(path: string): Promise<ArchiveFile> {
  let handle: FileHandle | undefined;
  try {
    // Without O_NONBLOCK a pipe would keep us waiting for ever.
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = await handle.stat();
    if (!stats.isFile()) throw new OciError("IMAGE_NOT_FOUND", `${JSON.stringify(path)} is no file`);
    const head = await handle.read(Buffer.alloc(MAGIC_BYTES), 0, MAGIC_BYTES, 0);
    return new ArchiveFile(handle, stats.size, detectCompression(head.buffer.subarray(0, head.bytesRead)));
  } catch (cause) {
    await handle?.close();
    if (cause instanceof OciError) throw cause;
    const message = `${JSON.stringify(path)} cannot be opened: ${messageOf(cause)}`;
    throw new OciError("IMAGE_NOT_FOUND", message, { cause });
  }
}

/** Parts of an archive by their normalised paths, with links between them followed. */
export class ArchiveParts {
  readonly #files = new Map<string, FilePart>();
  readonly #links = new ArchiveLinks();

  add(entry: TarEntry): false {
    const path = entryPath(entry.name);
    if (path === undefined) return false;
    this.#files.delete(path);
    const isLink = this.#links.add(entry, path);
    const { kind, offset, size, contiguous } = entry;
    if (!isLink && kind === "file" && contiguous) this.#files.set(path, { offset, size });
    return false;
  }

  /** A file at the path, or where links from there lead. */
  find(path: string): FilePart | undefined {
    return this.#files.get(this.#links.follow(path));
  }
}
