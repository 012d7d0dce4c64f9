import type { ImageFacts, OpenedImage, OpenOptions } from "./source.ts";

export interface ArchiveStreamOptions {
  /** What is known beforehand, as from the engine's inspect; checked against what arrives. */
  readonly facts: ImageFacts;
  /** Opens the archive's bytes, as `docker save` writes them; may be called again. */
  open(signal: AbortSignal): AsyncIterable<Uint8Array> | Promise<AsyncIterable<Uint8Array>>;
  readonly options: OpenOptions;
}

/**
 * An image archive (docker save, or an OCI layout in a tar) that arrives as a stream and is never spooled:
 * layers are indexed as they pass, and put in order when the manifest has come.
 */
export declare function openArchiveStream(options: ArchiveStreamOptions): OpenedImage;
