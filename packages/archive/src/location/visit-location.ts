import { createReadStream } from "node:fs";
import { opendir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { KiB } from "@pratique/core";
import { detectCompression } from "../compression.ts";
import { decompress } from "../decompress.ts";
import { ArchiveError } from "../errors.ts";
import { isWanted } from "./is-wanted.ts";
import type { LocatedFile } from "./located-file.ts";
import type { Visit } from "./visit.ts";
import { isTar, visitTar } from "./visit-tar.ts";
import { isZip, visitZip } from "./visit-zip.ts";

/** What one location may hold. Reaching a limit throws `LIMIT_REACHED`. */
export interface LocationLimits {
  /** Files, archive members included. */
  readonly files: number;
  /** Bytes of all files, decompressed. */
  readonly bytes: number;
  /** Bytes of one member of an archive, as it is held whole. */
  readonly memberBytes: number;
}

export interface VisitOptions {
  readonly limits: LocationLimits;
  /** The name of the location where the path is not its own, as with a download. */
  readonly name?: string | undefined;
  /** Whether a file that was found, not named, is wanted. */
  readonly wants: (path: string) => boolean;
  readonly signal?: AbortSignal | undefined;
  /** Told how many more bytes have been read from disk. */
  readonly onBytes?: ((bytes: number) => void) | undefined;
  /**
   * Makes what is thrown of what went wrong with a file or a directory, and of what the visitor threw. `path` is as it
   * is shown. It is asked again, with a path further out, about what it has made.
   */
  readonly failure: (thrown: unknown, path: string) => unknown;
}

/**
 * Gives all files of a location, one after the other: a file, what is in a directory at any depth, or what is in an
 * archive (tar, zip; gzip and zstd around anything), archives in directories included. What things are is told by
 * their bytes. Symlinks in directories are not followed.
 *
 * Throws what `failure` makes of an {@link ArchiveError} (`ABORTED`, `LOCATION_UNREADABLE`, `LIMIT_REACHED`, and those
 * of archives), of an error of the file system, and of what `file` throws.
 */
export async function visitLocation(
  path: string,
  options: VisitOptions,
  file: (file: LocatedFile) => Promise<void>,
): Promise<void> {
  const { wants, limits, name, onBytes = () => undefined, failure } = options;
  const visit: Visit = { wants, file, memberBytes: limits.memberBytes, count: counter(options) };
  const within: PathVisit = { visit, onBytes, failure };
  try {
    const entry = await stat(path);
    if (entry.isDirectory()) await visitDirectory(path, "", { ...within, depth: 0 });
    else if (entry.isFile()) await visitFile(path, name ?? basename(path), { ...within, named: true });
    else throw new ArchiveError("LOCATION_UNREADABLE", "expected a file or a directory");
  } catch (thrown) {
    throw failure(thrown, name ?? path);
  }
}

const MAX_DIRECTORY_DEPTH = 16;
/** Archives that a directory may hold beside, or instead of, the files that are wanted. */
const ARCHIVE_NAME = /\.(?:tar|tgz|zip|tar\.(?:gz|zst))$/u;

interface PathVisit {
  readonly visit: Visit;
  readonly onBytes: (bytes: number) => void;
  readonly failure: VisitOptions["failure"];
}

interface DirectoryVisit extends PathVisit {
  readonly depth: number;
}

async function visitDirectory(root: string, relative: string, within: DirectoryVisit): Promise<void> {
  const { visit, depth } = within;
  if (depth > MAX_DIRECTORY_DEPTH) throw nestedTooDeeply(relative);
  for (const { name, isDirectory } of await listDirectory(join(root, relative), within)) {
    const path = relative === "" ? name : `${relative}/${name}`;
    if (isDirectory) await visitDirectory(root, path, { ...within, depth: depth + 1 });
    else if (isWanted(path, visit) || ARCHIVE_NAME.test(name)) {
      await visitFile(join(root, path), path, { ...within, named: false });
    }
  }
}

interface DirectoryItem {
  readonly name: string;
  readonly isDirectory: boolean;
}

/** In the order of names, so that the same files give the same result. */
async function listDirectory(path: string, { visit, failure }: PathVisit): Promise<readonly DirectoryItem[]> {
  const items: DirectoryItem[] = [];
  try {
    for await (const entry of await opendir(path)) {
      visit.count(0, 1);
      if (entry.isDirectory() || entry.isFile()) {
        items.push({ name: entry.name, isDirectory: entry.isDirectory() });
      }
    }
  } catch (thrown) {
    throw failure(thrown, path);
  }
  return items.sort((left, right) => (left.name < right.name ? -1 : 1));
}

interface FileVisit extends PathVisit {
  /** The user named this file, so it is read whatever its name. */
  readonly named: boolean;
}

async function visitFile(path: string, shown: string, within: FileVisit): Promise<void> {
  const { visit, onBytes, failure, named } = within;
  try {
    if (await isZip(path)) {
      await visitZip(path, shown, visit);
      onBytes((await stat(path)).size);
    } else await visitStream(readFileBytes(path, onBytes), shown, { visit, named, depth: 0 });
  } catch (thrown) {
    throw failure(thrown, shown);
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
  if (depth > MAX_ARCHIVE_DEPTH) throw nestedTooDeeply(path);
  const unpacked = counted(decompress(bytes, { transient: true }), visit);
  try {
    const { head, rest } = await peek(unpacked);
    if (isTar(head)) {
      await visitTar(rest, visit, (member, content) =>
        visitMember(content, `${path}/${member}`, { visit, depth }),
      );
    } else if (named || isWanted(path, visit)) {
      visit.count(0, 1);
      await visit.file({ path, stream: () => rest });
    }
  } finally {
    // What nobody wants, or has read to its end, is open still.
    await unpacked.return(undefined);
  }
}

/** A member is in memory already; only one that is packed, or an archive itself, goes the long way. */
async function visitMember(
  content: Uint8Array,
  path: string,
  { visit, depth }: { readonly visit: Visit; readonly depth: number },
): Promise<void> {
  if (detectCompression(content) !== "none" || isTar(content)) {
    await visitStream(given(content), path, { visit, named: false, depth: depth + 1 });
  } else if (visit.wants(path)) {
    await visit.file({ path, stream: () => given(content) });
  }
}

function nestedTooDeeply(path: string): ArchiveError {
  return new ArchiveError("LIMIT_REACHED", `${JSON.stringify(path)} is nested too deeply`);
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

function counter({ limits, signal }: VisitOptions): Visit["count"] {
  let files = 0;
  let bytes = 0;
  return (moreBytes, moreFiles) => {
    if (signal?.aborted === true) throw new ArchiveError("ABORTED", "reading was called off");
    bytes += moreBytes;
    files += moreFiles;
    if (files > limits.files || bytes > limits.bytes) {
      throw new ArchiveError(
        "LIMIT_REACHED",
        `the whole holds more than ${limits.files} files or ${limits.bytes} bytes`,
      );
    }
  };
}
