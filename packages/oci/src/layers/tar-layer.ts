import { createHash, type Hash } from "node:crypto";
import { decompress, TarParser } from "@pratique/archive";
import { type Digest, parseDigest } from "@pratique/core";
import { OciError } from "../errors.ts";
import type { SeekableBytes } from "../files/seekable-bytes.ts";
import type { LayerFacts } from "../layer-index/layer-facts.ts";
import type { LayerContext, LayerSource } from "../layer-index/layer-source.ts";
import { withPaths } from "../tree/with-paths.ts";
import { isDamage, layerError } from "./layer-error.ts";
import { indexPlainTar, isPlain, plainChunks } from "./plain-layer.ts";
import { type IndexTarOptions, type TarIndex, type TarView, tarIndexOf } from "./tar-index.ts";
import { TarIndexer } from "./tar-indexer.ts";

export interface TarLayerOptions {
  /** What is claimed of the layer. `sizeBytes` and `digest` are checked against the bytes that `open` gives. */
  readonly facts: LayerFacts;
  /** Opens the layer's bytes as stored: plain, gzip or zstd, told apart by their first bytes. */
  open(signal: AbortSignal): AsyncIterable<Uint8Array> | Promise<AsyncIterable<Uint8Array>>;
  /** Opens the same bytes for reading anywhere, where they lie in a local file. */
  openSeekable?(): SeekableBytes;
  /** What of the archive is the layer; all of it where absent. */
  readonly view?: TarView;
}

/** A hard link may point at a hard link; each reading uncovers one more. */
const MAX_READINGS = 4;

/**
 * A layer that arrives as a stream of bytes. Rejects with `DIGEST_MISMATCH` when size, digest or uncompressed
 * digest are not what was claimed, with `LAYER_UNSUPPORTED` for a compression that is not read, and with
 * `IMAGE_UNREADABLE` when the compressed bytes are damaged. A damaged tar is a failure of the index.
 *
 * A plain layer in a local file is read by seeking, and not verified, where the reading does not ask for more.
 */
export function tarLayer(options: TarLayerOptions): LayerSource {
  const { facts, view } = options;
  return {
    facts,
    async index(matcher, context) {
      let wanted = matcher;
      for (let reading = 1; ; reading += 1) {
        const { index, missing } = await readOnce(options, { facts, matcher: wanted, context, view });
        if (missing.length === 0 || reading === MAX_READINGS) return index;
        context.release(index.heldBytes);
        wanted = withPaths(wanted, missing);
      }
    },
  };
}

async function readOnce(
  { open, openSeekable }: TarLayerOptions,
  options: IndexTarOptions,
): Promise<TarIndex> {
  const { signal, verifyPlainLayers } = options.context;
  if (openSeekable !== undefined) {
    using bytes = openSeekable();
    if (isPlain(bytes.source)) {
      return verifyPlainLayers
        ? await indexTarStream(plainChunks(bytes.source), options)
        : await indexPlainTar(bytes.source, options, openSeekable);
    }
  }
  return indexTarStream(await open(signal), options);
}

/** Reads a layer to its last byte, and checks what was claimed of it. */
export async function indexTarStream(
  stream: AsyncIterable<Uint8Array>,
  { facts, matcher, context, view }: IndexTarOptions,
): Promise<TarIndex> {
  const stored = new StoredBytes(stream, facts, context);
  const indexer = new TarIndexer(matcher, context);
  const reader = new DamageTolerantReader(indexer, context, view);
  const hash = createHash("sha256");
  let sizeBytes = 0;
  try {
    const limits = { bytes: context.limits.layerBytes };
    for await (const chunk of decompress(stored.chunks(), { ...limits, transient: true })) {
      context.signal.throwIfAborted();
      hash.update(chunk);
      sizeBytes += chunk.length;
      reader.write(chunk);
    }
  } catch (thrown) {
    throw layerError(thrown);
  }
  reader.end();
  stored.check();
  const diffId = digestOf(hash);
  if (facts.diffId !== undefined && facts.diffId !== diffId) {
    throw new OciError("DIGEST_MISMATCH", `expected the layer ${facts.diffId}, found ${diffId}`);
  }
  return tarIndexOf(indexer, { diffId, verified: true, sizeBytes });
}

/** Passes the stored bytes on, and takes their size and digest where these were claimed. */
class StoredBytes {
  readonly #stream: AsyncIterable<Uint8Array>;
  readonly #facts: LayerFacts;
  readonly #context: LayerContext;
  readonly #hash: Hash | undefined;
  #size = 0;

  constructor(stream: AsyncIterable<Uint8Array>, facts: LayerFacts, context: LayerContext) {
    this.#stream = stream;
    this.#facts = facts;
    this.#context = context;
    // Where both digests are one, the layer is not compressed, and the other check is enough.
    this.#hash =
      facts.digest === undefined || facts.digest === facts.diffId ? undefined : createHash("sha256");
  }

  async *chunks(): AsyncGenerator<Uint8Array, void, void> {
    const { sizeBytes = Number.POSITIVE_INFINITY } = this.#facts;
    for await (const chunk of this.#stream) {
      this.#size += chunk.length;
      if (this.#size > sizeBytes) {
        throw new OciError("DIGEST_MISMATCH", `expected a layer of ${sizeBytes} bytes, found more`);
      }
      this.#hash?.update(chunk);
      this.#context.progress(chunk.length);
      yield chunk;
    }
  }

  check(): void {
    const { sizeBytes, digest } = this.#facts;
    if (sizeBytes !== undefined && sizeBytes !== this.#size) {
      throw new OciError("DIGEST_MISMATCH", `expected a layer of ${sizeBytes} bytes, found ${this.#size}`);
    }
    if (this.#hash === undefined) return;
    const found = digestOf(this.#hash);
    if (found !== digest)
      throw new OciError("DIGEST_MISMATCH", `expected the blob ${digest}, found ${found}`);
  }
}

/** Stops at the first damage but lets the stream go on: its digest still tells whether it is the right layer. */
class DamageTolerantReader {
  readonly #indexer: TarIndexer;
  readonly #parser: TarParser;
  #damaged = false;

  constructor(indexer: TarIndexer, { limits }: LayerContext, view: TarView = (visitor) => visitor) {
    this.#indexer = indexer;
    this.#parser = new TarParser(view(indexer), { entries: limits.layerEntries, bytes: limits.layerBytes });
  }

  write(chunk: Uint8Array): void {
    this.#try(() => this.#parser.write(chunk));
  }

  end(): void {
    this.#try(() => this.#parser.end());
  }

  #try(action: () => void): void {
    if (this.#damaged) return;
    try {
      action();
    } catch (thrown) {
      if (!isDamage(thrown)) throw thrown;
      this.#damaged = true;
      this.#indexer.stop(thrown.message);
    }
  }
}

function digestOf(hash: Hash): Digest {
  return parseDigest(`sha256:${hash.digest("hex")}`);
}
