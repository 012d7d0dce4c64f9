import type { Digest } from "@pratique/core";

/** What is known of a layer before it is read. */
export interface LayerFacts {
  /** Digest of the uncompressed bytes. */
  readonly diffId?: Digest;
  /** Digest of the bytes as they are stored. */
  readonly digest?: Digest;
  /** Bytes as they are stored. */
  readonly sizeBytes?: number;
  /** What made it, as `layerInstruction` of core writes it; absent where the image does not tell. */
  readonly instruction?: string;
}
