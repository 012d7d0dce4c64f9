import { createReadStream } from "node:fs";
import { opendir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { decompress, detectCompression } from "@pratique/archive";
import { GiB, messageOf } from "@pratique/core";
import { AdvisoryError } from "../errors.ts";
import type { AdvisoryFile } from "./advisory-file.ts";
import { sourceFailure } from "./source-failure.ts";
import { visitTar } from "./visit-tar.ts";
import { isZip, visitZip } from "./visit-zip.ts";

/** What one source may hold. */
export interface LocationLimits {
  /** Files, archive members included. */
  readonly files: number;
  /** Bytes of all files, decompressed. */
  readonly bytes: number;
}

const defaultLocationLimits: LocationLimits = { files: 2_000_000, bytes: 16 * GiB };

export interface VisitOptions {
  /** The name of the location where the path is not its own, as with a download. */
  readonly name?: string | undefined;
  /** Whether a file that was found, not named, is wanted. */
  readonly wants: (path: string) => boolean;
  readonly limits?: Partial<LocationLimits> | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told how many bytes have been read from disk. */
  readonly onBytes?: ((bytes: number) => void) | undefined;
}

/** What the visitors of archives share: limits, and where files go. */
export interface Visit {
  readonly wants: (path: string) => boolean;
  readonly file: (file: AdvisoryFile) => Promise<void>;
  /** Counts bytes and files against the limits, and looks at the signal. */
  readonly count: (bytes: number, files: number) => void;
}

/**
 * Gives all files of a source, one after the other: a file, what is in a directory at any depth, or what is in an
 * archive (tar, zip; gzip and zstd around anything), archives in directories included. What things are is told by
 * their bytes. Symlinks are not followed.
 *
 * Throws `SOURCE_UNREADABLE`, `SOURCE_DAMAGED` or `SOURCE_TOO_LARGE`, and what `file` throws.
 */
export async function visitLocation(
  path: string,
  options: VisitOptions,
  file: (file: AdvisoryFile) => Promise<void>,
): Promise<void> {
  const visit: Visit = { wants: options.wants, file, count: counter(path, options) };
  const onBytes = options.onBytes ?? (() => undefined);
  const found = await lookAt(path);
  if (found === "directory") await visitDirectory(path, "", { visit, onBytes, depth: 0 });
  else await visitFile(path, options.name ?? basename(path), { visit, onBytes, named: true });
}

async function lookAt(path: string): Promise<"directory" | "file"> {
  try {
    const entry = await stat(path);
    if (entry.isDirectory()) return "directory";
    if (entry.isFile()) return "file";
  } catch (cause) {
    throw new AdvisoryError("SOURCE_UNREADABLE", messageOf(cause), { cause });
  }
  throw new AdvisoryError("SOURCE_UNREADABLE", `${JSON.stringify(path)} is neither a file nor a directory`);
}

const MAX_DIRECTORY_DEPTH = 16;
/** Archives that a directory may hold beside, or instead of, the files that the reader wants. */
const ARCHIVE_NAME = /\.(?:tar|tgz|zip|tar\.(?:gz|zst))$/u;

interface DirectoryVisit {
  readonly visit: Visit;
  readonly onBytes: (bytes: number) => void;
  readonly depth: number;
}

async function visitDirectory(root: string, relative: string, within: DirectoryVisit): Promise<void> {
  const { visit, onBytes, depth } = within;
  if (depth > MAX_DIRECTORY_DEPTH) {
    throw new AdvisoryError("SOURCE_TOO_LARGE", `${JSON.stringify(relative)} is nested too deeply`);
  }
  for (const { name, directory } of await listDirectory(join(root, relative), visit)) {
    const path = relative === "" ? name : `${relative}/${name}`;
    if (directory) await visitDirectory(root, path, { ...within, depth: depth + 1 });
    else if (visit.wants(path) || ARCHIVE_NAME.test(name)) {
      await visitFile(join(root, path), path, { visit, onBytes, named: false });
    }
  }
}

interface DirectoryItem {
  readonly name: string;
  readonly directory: boolean;
}

/** In the order of names, so that the same files give the same database. */
async function listDirectory(path: string, visit: Visit): Promise<readonly DirectoryItem[]> {
  const items: DirectoryItem[] = [];
  try {
    for await (const entry of await opendir(path)) {
      visit.count(0, 1);
      if (entry.isDirectory() || entry.isFile()) {
        items.push({ name: entry.name, directory: entry.isDirectory() });
      }
    }
  } catch (thrown) {
    throw sourceFailure(thrown, path);
  }
  return items.sort((left, right) => (left.name < right.name ? -1 : 1));
}

interface FileVisit {
  readonly visit: Visit;
  readonly onBytes: (bytes: number) => void;
  /** The user named this file, so it is read whatever its name. */
  readonly named: boolean;
}

async function visitFile(path: string, shown: string, { visit, onBytes, named }: FileVisit): Promise<void> {
  try {
    if (await isZip(path)) {
      await visitZip(path, shown, visit);
      onBytes((await stat(path)).size);
    } else await visitStream(readFileBytes(path, onBytes), shown, { visit, named, depth: 0 });
  } catch (thrown) {
    throw sourceFailure(thrown, shown);
  }
}

const READ_BYTES = 256 * 1024;

async function* readFileBytes(path: string, onBytes: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of createReadStream(path, { highWaterMark: READ_BYTES })) {
    if (!(chunk instanceof Uint8Array)) continue;
    onBytes(chunk.length);
    yield chunk;
  }
}

const MAX_ARCHIVE_DEPTH = 3;
/** `ustar`, in POSIX and GNU archives alike, of which every tool of the last decades makes one. */
const TAR_MAGIC_OFFSET = 257;
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
    throw new AdvisoryError("SOURCE_TOO_LARGE", `${JSON.stringify(path)} is nested too deeply`);
  }
  const { head, rest } = await peek(counted(decompress(bytes), visit));
  if (isTar(head)) {
    await visitTar(rest, visit, (member, content) =>
      visitMember(content, `${path}/${member}`, { visit, depth }),
    );
  } else if (named || visit.wants(path)) {
    visit.count(0, 1);
    await visit.file({ path, stream: () => rest });
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
    visit.count(0, 1);
    await visit.file({ path, stream: () => given(content) });
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

function isTar(head: Uint8Array): boolean {
  return Buffer.from(head.subarray(TAR_MAGIC_OFFSET, TAR_MAGIC_OFFSET + 5)).toString("latin1") === "ustar";
}

async function peek(
  bytes: AsyncGenerator<Uint8Array>,
): Promise<{ head: Uint8Array; rest: AsyncGenerator<Uint8Array> }> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  while (size < TAR_PROBE_BYTES) {
    const { done, value } = await bytes.next();
    if (done === true) break;
    chunks.push(value.slice());
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
  const { files: maxFiles, bytes: maxBytes } = { ...defaultLocationLimits, ...limits };
  let files = 0;
  let bytes = 0;
  return (moreBytes, moreFiles) => {
    if (signal?.aborted === true) throw new AdvisoryError("BUILD_ABORTED", "the build was called off");
    bytes += moreBytes;
    files += moreFiles;
    if (files > maxFiles || bytes > maxBytes) {
      throw new AdvisoryError(
        "SOURCE_TOO_LARGE",
        `${JSON.stringify(path)} holds more than ${maxFiles} files or ${maxBytes} bytes`,
      );
    }
  };
}
