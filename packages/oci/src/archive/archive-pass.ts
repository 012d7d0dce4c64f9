import { ArchiveError, decompress, type TarEntry, TarParser, type TarVisitor } from "@pratique/archive";
import { MiB, messageOf } from "@pratique/core";
import { OciError } from "../errors.ts";
import { ChunkPipe } from "../files/chunk-pipe.ts";
import type { Matcher } from "../layer-index/matcher.ts";
import type { Reading } from "../layer-index/reading.ts";
import type { TarIndex } from "../layers/tar-index.ts";
import { indexTarStream } from "../layers/tar-layer.ts";
import { namedDigest } from "../select-image.ts";
import { ArchiveLinks, entryPath } from "./archive-links.ts";

/** Entries of an image archive: some for each layer. */
const MAX_ENTRIES = 100_000;
/** Bytes of all small documents of one archive. */
const MAX_DOCUMENTS_BYTES = 64 * MiB;
/** Layers that may come whole in one chunk of the archive; each is a reading of its own. */
const MAX_LAYERS = 4096;

/** A layer as it was found, whether or not it could be read. */
interface PassedLayer {
  readonly sizeBytes: number;
  readonly tarIndex?: TarIndex;
  readonly error?: unknown;
}

/**
 * Reads an image archive from its first byte to its last. Small JSON files are kept; everything else that could
 * be a layer is indexed while it passes, as nobody knows before the manifest what is one.
 */
export async function runArchivePass(
  stream: AsyncIterable<Uint8Array>,
  matcher: Matcher,
  reading: Reading,
): Promise<ArchivePass> {
  const pass = new ArchivePass(matcher, reading);
  const parser = new TarParser(pass, { entries: MAX_ENTRIES, bytes: reading.limits.archiveBytes });
  try {
    for await (const chunk of decompress(stream, { bytes: reading.limits.archiveBytes })) {
      reading.signal.throwIfAborted();
      parser.write(chunk);
      await pass.settle();
    }
    parser.end();
  } catch (thrown) {
    pass.giveUp(thrown);
    await pass.settle();
    if (!(thrown instanceof ArchiveError)) throw thrown;
    const code = thrown.code === "LIMIT_REACHED" ? "LIMIT_REACHED" : "IMAGE_UNREADABLE";
    throw new OciError(code, `the archive cannot be read: ${messageOf(thrown)}`, { cause: thrown });
  }
  await pass.settle();
  return pass;
}

/** What one pass over an archive has found. */
export class ArchivePass implements TarVisitor {
  readonly #matcher: Matcher;
  readonly #reading: Reading;
  readonly #documents = new Map<string, Uint8Array>();
  readonly #layers = new Map<string, PassedLayer>();
  readonly #links = new ArchiveLinks();
  readonly #running: Promise<void>[] = [];
  #documentBytes = 0;
  #path = "";
  #small: Uint8Array | undefined;
  #filled = 0;
  #pipe: ChunkPipe | undefined;

  constructor(matcher: Matcher, reading: Reading) {
    this.#matcher = matcher;
    this.#reading = reading;
  }

  document(path: string): Uint8Array | undefined {
    return this.#documents.get(this.#links.follow(path));
  }

  /** Throws `IMAGE_MALFORMED` where there is none, or what reading it threw. */
  layer(path: string): { readonly tarIndex: TarIndex; readonly sizeBytes: number } {
    const found = this.#layers.get(this.#links.follow(path));
    if (found === undefined) {
      throw new OciError(
        "IMAGE_MALFORMED",
        `expected the layer ${JSON.stringify(path)} in the archive, found nothing`,
      );
    }
    if (found.tarIndex === undefined) throw found.error;
    return { tarIndex: found.tarIndex, sizeBytes: found.sizeBytes };
  }

  entry(entry: TarEntry): boolean {
    const path = entryPath(entry.name);
    if (path === undefined || this.#links.add(entry, path)) return false;
    const { kind, size, contiguous } = entry;
    if (kind !== "file" || !contiguous) return false;
    this.#path = path;
    if (size <= this.#reading.limits.documentBytes) {
      this.#small = new Uint8Array(size);
      this.#filled = 0;
    } else {
      this.#pipe = new ChunkPipe();
      this.#index(path, size, this.#pipe);
    }
    return true;
  }

  content(bytes: Uint8Array): void {
    this.#reading.context(false).progress(bytes.length);
    if (this.#small === undefined) {
      this.#pipe?.push(bytes);
      return;
    }
    this.#small.set(bytes, this.#filled);
    this.#filled += bytes.length;
  }

  contentEnd(): void {
    const small = this.#small;
    this.#small = undefined;
    this.#pipe?.end();
    this.#pipe = undefined;
    if (small !== undefined) this.#addSmall(this.#path, small);
  }

  /** Waits until all that has been given is worked off. */
  async settle(): Promise<void> {
    await this.#pipe?.drained();
    const ended =
      this.#pipe === undefined ? this.#running.splice(0) : this.#running.splice(0, this.#running.length - 1);
    await Promise.all(ended);
  }

  /** Ends the layer that is being read, as no more of it will come. */
  giveUp(error: unknown): void {
    this.#pipe?.fail(error);
    this.#pipe = undefined;
  }

  #addSmall(path: string, bytes: Uint8Array): void {
    if (isDocument(bytes)) {
      this.#documentBytes += bytes.length;
      if (this.#documentBytes > MAX_DOCUMENTS_BYTES) {
        throw new OciError(
          "LIMIT_REACHED",
          `documents of the archive are longer than ${MAX_DOCUMENTS_BYTES} bytes`,
        );
      }
      this.#documents.set(path, bytes);
    }
    if (!isDocument(bytes) || isTar(bytes)) this.#index(path, bytes.length, once(bytes));
  }

  #index(path: string, sizeBytes: number, stream: AsyncIterable<Uint8Array>): void {
    if (this.#layers.size >= MAX_LAYERS) {
      throw new OciError(
        "LIMIT_REACHED",
        `the archive has more than ${MAX_LAYERS} files that could be layers`,
      );
    }
    const digest = namedDigest(path);
    const facts = { sizeBytes, ...(digest !== undefined && { digest }) };
    const context = { ...this.#reading.context(false), progress: () => undefined };
    const indexed = indexTarStream(stream, { facts, matcher: this.#matcher, context }).then(
      (tarIndex) => this.#layers.set(path, { sizeBytes, tarIndex }),
      (error: unknown) => this.#layers.set(path, { sizeBytes, error }),
    );
    this.#running.push(indexed.then(() => undefined));
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield bytes;
}

function isDocument(bytes: Uint8Array): boolean {
  return bytes[0] === 0x7b || bytes[0] === 0x5b;
}

function isTar(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(257, 262)).toString("latin1") === "ustar";
}
