import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "@pratique/core";
import { AdvisoryError } from "../errors.ts";
import type { Blob } from "./manifest.ts";
import { blobName, type Mirror } from "./mirror.ts";

export interface FetchOptions {
  /** Where blobs are gathered, also those that an update before could not finish. */
  readonly directory: string;
  /** The one that gave the manifest first; the others where that one fails. */
  readonly mirrors: readonly Mirror[];
  readonly signal?: AbortSignal | undefined;
  readonly onBytes: (bytes: number) => void;
}

/**
 * Fetches a blob into a file, and gives its path. What is there already is not fetched again, and what was begun is gone on
 * with. A digest says what the bytes have to be, so that it does not matter which mirror they come from. Throws what the
 * first mirror said when all have failed.
 */
export async function fetchBlob(blob: Blob, options: FetchOptions): Promise<string> {
  const path = join(options.directory, blobName(blob.digest));
  if (
    // Whatever the reason, it is fetched then.
    (await stat(path).catch(() => undefined))?.size === blob.bytes &&
    (await digestOf(path)) === blob.digest
  ) {
    options.onBytes(blob.bytes);
    return path;
  }
  let first: unknown;
  for (const mirror of options.mirrors) {
    try {
      await fetchFrom(mirror, blob, { ...options, path });
      return path;
    } catch (thrown) {
      if (!isMirrorFailure(thrown)) throw thrown;
      first ??= thrown;
    }
  }
  throw first;
}

/** Whether another mirror may do better. */
export function isMirrorFailure(thrown: unknown): thrown is AdvisoryError {
  return thrown instanceof AdvisoryError && thrown.code.startsWith("MIRROR_");
}

interface FetchFromOptions extends FetchOptions {
  readonly path: string;
}

async function fetchFrom(mirror: Mirror, blob: Blob, options: FetchFromOptions): Promise<void> {
  const part = `${options.path}.part`;
  // Whatever the reason, it is fetched from its beginning then.
  const begun = (await stat(part).catch(() => undefined))?.size ?? 0;
  const offset = begun < blob.bytes ? begun : 0;
  try {
    await append(mirror, blob, { ...options, part, offset });
  } catch (thrown) {
    // What an attempt before has left may have been of another mirror, and wrong.
    if (offset === 0 || !isMirrorFailure(thrown) || thrown.code !== "MIRROR_DAMAGED") throw thrown;
    await append(mirror, blob, { ...options, part, offset: 0 });
  }
  await rename(part, options.path);
}

interface AppendOptions extends FetchOptions {
  readonly part: string;
  readonly offset: number;
}

/** A part that breaks off stays, to be gone on with; one that is wrong goes. */
async function append(mirror: Mirror, blob: Blob, options: AppendOptions): Promise<void> {
  const { part, signal, onBytes } = options;
  const { offset, chunks } = await mirror.readBlob(blob, { offset: options.offset, signal });
  const file = await open(part, offset > 0 ? "r+" : "w", 0o600);
  let bytes = offset;
  if (offset > 0) onBytes(offset);
  try {
    for await (const chunk of readable(chunks)) {
      bytes += chunk.length;
      if (bytes > blob.bytes) break;
      await file.write(chunk, 0, chunk.length, bytes - chunk.length);
      onBytes(chunk.length);
    }
    await file.truncate(Math.min(bytes, blob.bytes));
  } finally {
    await file.close();
  }
  if (bytes < blob.bytes) {
    throw damaged(mirror, `${blob.digest} ends after ${bytes} of ${blob.bytes} bytes`);
  }
  if (bytes > blob.bytes) {
    await rm(part, { force: true });
    throw damaged(mirror, `${blob.digest} has more than the ${blob.bytes} bytes that were announced`);
  }
  const found = await digestOf(part);
  if (found === blob.digest) return;
  await rm(part, { force: true });
  throw damaged(mirror, `expected ${blob.digest}, found ${found}`);
}

async function* readable(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } catch (cause) {
    if (cause instanceof AdvisoryError) throw cause;
    throw new AdvisoryError("MIRROR_UNREACHABLE", `the mirror cannot be read: ${messageOf(cause)}`, {
      cause,
    });
  }
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return `sha256:${hash.digest("hex")}`;
}

function damaged({ location }: Mirror, message: string): AdvisoryError {
  return new AdvisoryError("MIRROR_DAMAGED", `the mirror ${JSON.stringify(location)} is damaged: ${message}`);
}
