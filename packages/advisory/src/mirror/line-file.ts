import { createHash, type Hash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { constants, createZstdCompress, createZstdDecompress } from "node:zlib";
import { KiB, MiB, parseDigest } from "@pratique/core";
import { AdvisoryError } from "../errors.ts";
import type { Lines } from "./line-delta.ts";
import type { Blob } from "./manifest.ts";

const LINE_FEED = 0x0a;
const LINE_END = Buffer.of(LINE_FEED);
const CHUNK_BYTES = 64 * KiB;
/** One record: at most 20,000 versions, or a description. */
const MAX_LINE_BYTES = 8 * MiB;
/** Packed once a day, and fetched by many. */
const ZSTD_LEVEL = 12;
/** What a stranger's file may make the decoder set aside: 2 to this power in bytes. */
const ZSTD_MAX_WINDOW_LOG = 27;

/** Lines as they lie in a file, packed, and what they are. */
export interface PackedLines {
  readonly blob: Blob;
  readonly content: Blob;
}

/** Writes lines into a new file, packed with zstd. */
export async function writeLines(path: string, lines: Lines): Promise<PackedLines> {
  const content = new Meter();
  const blob = new Meter();
  await pipeline(
    () => content.measure(joined(lines)),
    createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL } }),
    (chunks: AsyncIterable<Uint8Array>) => blob.measure(chunks),
    createWriteStream(path, { flags: "wx", mode: 0o644 }),
  );
  return { blob: blob.result(), content: content.result() };
}

/**
 * Reads the lines of a packed file, and makes sure at the end that they are what was announced: what came before is to be
 * used only when all of it was read. Throws `MIRROR_DAMAGED`.
 */
export function readPackedLines(path: string, content: Blob): AsyncGenerator<Buffer> {
  return checkedLines(linesIn(unpacked(path, content)), content);
}

/** Passes lines on, and makes sure at the end that they are what was announced. Throws `MIRROR_DAMAGED`. */
export async function* checkedLines(lines: Lines, content: Blob): AsyncGenerator<Buffer> {
  const meter = new Meter();
  for await (const line of lines) {
    meter.add(line);
    meter.add(LINE_END);
    if (meter.bytes > content.bytes) throw damaged(`it holds more than ${content.bytes} bytes`);
    yield line;
  }
  const found = meter.result();
  if (found.bytes !== content.bytes || found.digest !== content.digest) {
    throw damaged(
      `expected ${content.digest} of ${content.bytes} bytes, found ${found.digest} of ${found.bytes}`,
    );
  }
}

/** In chunks that are worth a call. */
async function* joined(lines: Lines): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let bytes = 0;
  for await (const line of lines) {
    parts.push(line, LINE_END);
    bytes += line.length + 1;
    if (bytes < CHUNK_BYTES) continue;
    yield Buffer.concat(parts);
    parts = [];
    bytes = 0;
  }
  yield Buffer.concat(parts);
}

async function* unpacked(path: string, content: Blob): AsyncGenerator<Buffer> {
  const inflate = createZstdDecompress({
    params: { [constants.ZSTD_d_windowLogMax]: ZSTD_MAX_WINDOW_LOG },
  });
  const file = createReadStream(path);
  file.on("error", (error) => inflate.destroy(error));
  let bytes = 0;
  try {
    for await (const chunk of file.pipe(inflate)) {
      bytes += chunk.length;
      if (bytes > content.bytes) throw damaged(`it unpacks to more than ${content.bytes} bytes`);
      yield chunk;
    }
  } catch (thrown) {
    if (thrown instanceof Error && "code" in thrown && `${thrown.code}`.startsWith("ZSTD_")) {
      throw damaged("it is not packed with zstd", thrown);
    }
    throw thrown;
  } finally {
    file.destroy();
    inflate.destroy();
  }
}

async function* linesIn(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  let restBytes = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      const tail = chunk.subarray(start, end);
      yield restBytes === 0 ? tail : Buffer.concat([...rest, tail]);
      rest = [];
      restBytes = 0;
      start = end + 1;
    }
    if (start === chunk.length) continue;
    rest.push(chunk.subarray(start));
    restBytes += chunk.length - start;
    if (restBytes > MAX_LINE_BYTES) throw damaged("a line of it has no end");
  }
  if (restBytes > 0) throw damaged("its last line has no end");
}

/** Counts and hashes what passes. */
class Meter {
  bytes = 0;
  readonly #hash: Hash = createHash("sha256");

  add(chunk: Uint8Array): void {
    this.#hash.update(chunk);
    this.bytes += chunk.length;
  }

  async *measure(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      this.add(chunk);
      yield chunk;
    }
  }

  /** Once, at the end. */
  result(): Blob {
    return { digest: parseDigest(`sha256:${this.#hash.digest("hex")}`), bytes: this.bytes };
  }
}

function damaged(message: string, cause?: unknown): AdvisoryError {
  return new AdvisoryError("MIRROR_DAMAGED", `a part of the mirror is damaged: ${message}`, { cause });
}
