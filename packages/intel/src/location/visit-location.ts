import { createReadStream } from "node:fs";
import { opendir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { decompress, detectCompression } from "@pratique/archive";
import { GiB, KiB } from "@pratique/core";
import { IntelError } from "../errors.ts";
import { feedFailure } from "./feed-failure.ts";
import type { FeedFile } from "./feed-file.ts";
import { isWanted } from "./is-wanted.ts";
import { isTar, visitTar } from "./visit-tar.ts";
import { isZip, visitZip } from "./visit-zip.ts";

/** What one feed may hold. */
export interface LocationLimits {
  /** Files, archive members included. */
  readonly files: number;
  /** Bytes of all files, decompressed. */
  readonly bytes: number;
}

const defaultLimits: LocationLimits = { files: 200_000, bytes: 2 * GiB };

export interface VisitOptions {
  /** The name of the location where the path is not its own, as with a download. */
  readonly name?: string | undefined;
  /** Whether a file that was found, not named, is wanted. */
  readonly wants: (path: string) => boolean;
  readonly limits?: Partial<LocationLimits> | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told how many more bytes have been read from disk. */
  readonly onBytes?: ((bytes: number) => void) | undefined;
}

/** What the visitors of archives share: limits, and where files go. */
export interface Visit {
  readonly wants: (path: string) => boolean;
  readonly file: (file: FeedFile) => Promise<void>;
  /** Counts bytes and files against the limits, and looks at the signal. */
  readonly count: (bytes: number, files: number) => void;
}

/**
 * Gives all files of a location, one after the other: a file, what is in a directory at any depth, or what is in an
 * archive (tar, zip; gzip and zstd around anything). What things are is told by their bytes. Symlinks in directories
 * are not followed.
 *
 * Throws `FEED_UNREADABLE`, `FEED_DAMAGED`, `FEED_TOO_LARGE` or `UPDATE_ABORTED`, and what `file` throws.
 */
export async function visitLocation(
  path: string,
  options: VisitOptions,
  file: (file: FeedFile) => Promise<void>,
): Promise<void> {
  const visit: Visit = { wants: options.wants, file, count: counter(options.name ?? path, options) };
  const onBytes = options.onBytes ?? (() => undefined);
  try {
    const entry = await stat(path);
    if (entry.isDirectory()) await visitDirectory(path, "", { visit, onBytes, depth: 0 });
    else if (entry.isFile())
      await visitFile(path, options.name ?? basename(path), { visit, onBytes, named: true });
    else throw new IntelError("FEED_UNREADABLE", `${JSON.stringify(path)} is neither a file nor a directory`);
  } catch (thrown) {
    throw feedFailure(thrown, options.name ?? path);
  }
}

const MAX_DIRECTORY_DEPTH = 16;
/** Archives that a directory may hold beside, or instead of, the files that the feed wants. */
const ARCHIVE_NAME = /\.(?:tar|tgz|zip|tar\.(?:gz|zst))$/u;

interface DirectoryVisit {
  readonly visit: Visit;
  readonly onBytes: (bytes: number) => void;
  readonly depth: number;
}

async function visitDirectory(root: string, relative: string, within: DirectoryVisit): Promise<void> {
  const { visit, onBytes, depth } = within;
  if (depth > MAX_DIRECTORY_DEPTH) {
    throw new IntelError("FEED_TOO_LARGE", `${JSON.stringify(relative)} is nested too deeply`);
  }
  const items: { readonly name: string; readonly isDirectory: boolean }[] = [];
  for await (const entry of await opendir(join(root, relative))) {
    visit.count(0, 1);
    if (entry.isDirectory() || entry.isFile()) {
      items.push({ name: entry.name, isDirectory: entry.isDirectory() });
    }
  }
  // In the order of names, so that the same files give the same set.
  items.sort((left, right) => (left.name < right.name ? -1 : 1));
  for (const { name, isDirectory } of items) {
    const path = relative === "" ? name : `${relative}/${name}`;
    if (isDirectory) await visitDirectory(root, path, { ...within, depth: depth + 1 });
    else if (isWanted(path, visit) || ARCHIVE_NAME.test(name)) {
      await visitFile(join(root, path), path, { visit, onBytes, named: false });
    }
  }
}

interface FileVisit {
  readonly visit: Visit;
  readonly onBytes: (bytes: number) => void;
  /** The user named this file, so it is read whatever its name. */
  readonly named: boolean;
}

async function visitFile(path: string, shown: string, { visit, onBytes, named }: FileVisit): Promise<void> {
  if (await isZip(path)) {
    await visitZip(path, shown, visit);
    onBytes((await stat(path)).size);
  } else {
    await visitStream(readFileBytes(path, onBytes), shown, { visit, named, depth: 0 });
  }
}

const READ_BYTES = 256 * KiB;

async function* readFileBytes(path: string, onBytes: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of createReadStream(path, { highWaterMark: READ_BYTES })) {
    if (!(chunk instanceof Uint8Array)) continue;
    onBytes(chunk.length);
    yield chunk;
  }
}

const MAX_ARCHIVE_DEPTH = 3;
const TAR_PROBE_BYTES = 512;

interface StreamVisit {
  readonly visit: Visit;
  readonly named: boolean;
  readonly depth: number;
}

/** Gives one stream of bytes as a file, or its members where it is an archive. */
async function visitStream(
  bytes: AsyncIterable<Uint8Array>,
  path: string,
  { visit, named, depth }: StreamVisit,
): Promise<void> {
  if (depth > MAX_ARCHIVE_DEPTH) {
    throw new IntelError("FEED_TOO_LARGE", `${JSON.stringify(path)} is nested too deeply`);
  }
  const { head, rest } = await peek(counted(decompress(bytes, { transient: true }), visit));
  if (isTar(head)) {
    await visitTar(rest, visit, async (member, content) => {
      const within = `${path}/${member}`;
      if (detectCompression(content) !== "none" || isTar(content)) {
        await visitStream(given(content), within, { visit, named: false, depth: depth + 1 });
      } else if (visit.wants(within)) {
        await visit.file({ path: within, stream: () => given(content) });
      }
    });
  } else if (named || isWanted(path, visit)) {
    visit.count(0, 1);
    await visit.file({ path, stream: () => rest });
  }
}

async function* given(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content;
}

async function* counted(bytes: AsyncIterable<Uint8Array>, visit: Visit): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    visit.count(chunk.length, 0);
    yield chunk;
  }
}

async function peek(
  bytes: AsyncGenerator<Uint8Array>,
): Promise<{ readonly head: Uint8Array; readonly rest: AsyncGenerator<Uint8Array> }> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  while (size < TAR_PROBE_BYTES) {
    const { done, value } = await bytes.next();
    if (done === true) break;
    chunks.push(Buffer.from(value));
    size += value.length;
  }
  return { head: Buffer.concat(chunks), rest: resume(chunks, bytes) };
}

async function* resume(
  chunks: readonly Uint8Array[],
  bytes: AsyncGenerator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield* chunks;
  yield* bytes;
}

function counter(path: string, { limits, signal }: VisitOptions): Visit["count"] {
  const { files: maxFiles, bytes: maxBytes } = { ...defaultLimits, ...limits };
  let files = 0;
  let bytes = 0;
  return (moreBytes, moreFiles) => {
    if (signal?.aborted === true) throw new IntelError("UPDATE_ABORTED", "the update was called off");
    bytes += moreBytes;
    files += moreFiles;
    if (files > maxFiles || bytes > maxBytes) {
      throw new IntelError(
        "FEED_TOO_LARGE",
        `${JSON.stringify(path)} holds more than ${maxFiles} files or ${maxBytes} bytes`,
      );
    }
  };
}
