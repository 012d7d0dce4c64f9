import type { LayerSource } from "./layer-source.ts";
import type { LayerFacts } from "./source.ts";

export interface TarLayerOptions {
  /** What is claimed of the layer. `sizeBytes` and `digest` are checked against the bytes that `open` gives. */
  readonly facts: LayerFacts;
  /** Opens the layer's bytes as stored: plain, gzip or zstd, told apart by their first bytes. */
  open(signal: AbortSignal): AsyncIterable<Uint8Array> | Promise<AsyncIterable<Uint8Array>>;
}

/**
 * A layer that arrives as a stream of bytes. Rejects with `DIGEST_MISMATCH` when size, digest or uncompressed
 * digest are not what was claimed.
 */
export declare function tarLayer(options: TarLayerOptions): LayerSource;
