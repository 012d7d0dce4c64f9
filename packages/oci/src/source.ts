import type { Digest, FilePattern, FileTree, ImageConfig, ImageScheme, Platform } from "@pratique/core";
import type { ClaimedBase } from "./claimed-base.ts";
import type { LayerFacts } from "./layer-index/layer-facts.ts";
import type { LayerIndexCache } from "./layer-index/layer-index-cache.ts";
import type { ReadLimits } from "./layer-index/read-limits.ts";

/**
 * One place that images come from; a member of the family in `sources/`.
 *
 * A source trusts nothing that it reads: descriptors are checked by size and digest, layers by the digest of
 * their uncompressed bytes unless {@link ReadOptions.verifyPlainLayers} lets them off, and every read is bounded. What cannot be had rejects with an {@link OciError};
 * a single bad file becomes a failure of the tree.
 */
export interface ImageSource {
  /** The scheme under which users name it. */
  readonly name: ImageScheme;
  /** Finds the image and reads its facts as far as they come cheaply, but no layer. */
  open(value: string, options: OpenOptions): Promise<OpenedImage>;
}

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
  /** Those that are absent have defaults. */
  readonly limits?: Partial<ReadLimits> | undefined;
  readonly onProgress?: ((progress: ReadProgress) => void) | undefined;
  /**
   * False: layers that lie plain in a local file are read by seeking from header to header, several times as
   * fast, and nobody knows whether they are those of the configuration. True where absent.
   */
  readonly verifyPlainLayers?: boolean | undefined;
  /**
   * True: of a registry's layers that have a table of contents only the wanted files are fetched, and nobody knows
   * whether the table lists what is in the layer. False where absent.
   */
  readonly byRange?: boolean | undefined;
  /** Where what was read of layers is kept for other images; nowhere where absent. */
  readonly layerIndexes?: LayerIndexCache | undefined;
}

export interface OpenOptions extends ReadOptions {
  /** Which of several platforms is meant; `linux` on this machine's architecture where absent. */
  readonly platform?: Platform | undefined;
  /** How the user named the image, scheme included; the value where absent. */
  readonly reference?: string | undefined;
}

export interface ReadProgress {
  /** Bytes as they are stored or transferred, of all layers together. */
  readonly readBytes: number;
  readonly totalBytes?: number;
}

export interface ImageFacts {
  /** As the user named it. */
  readonly reference: string;
  /** The manifest's digest where there is a manifest. */
  readonly digest?: Digest;
  /** The digest of the configuration. */
  readonly imageId?: Digest;
  /** As {@link formatPlatform} writes it. */
  readonly platform?: string;
  readonly config?: ImageConfig;
  /** The image that it says it is built on; nothing here proves it. */
  readonly base?: ClaimedBase;
  /** The steps that made the image, oldest first, with whatever stands in them; absent where the source does not tell. */
  readonly history?: readonly string[];
  /** Lowest first; empty where the source has no layers. */
  readonly layers: readonly LayerFacts[];
}

/** An image whose facts are known as far as they could be had without reading a layer. */
export interface OpenedImage extends ImageFacts {
  /**
   * Reads all layers and gives the squashed tree. Files that no pattern names are forgotten.
   * Options given here go before those that the image was opened with.
   */
  readTree(patterns: readonly FilePattern[], options?: ReadOptions): Promise<ImageTree>;
  /** Gives files and connections back; the trees that were read stay usable only until then. */
  close(): Promise<void>;
}

export interface TreeFacts extends ImageFacts {
  /**
   * False where a layer was read past its digests: the tree is what the source holds, but whether that is what
   * the image id stands for is not known. Nothing that is remembered by image id may come from such a tree.
   */
  readonly layersVerified: boolean;
}

/** The tree, and all facts: some sources learn the configuration only after the last layer. */
export interface ImageTree extends FileTree {
  readonly facts: TreeFacts;
  /** Bytes of content that were read, uncompressed. */
  readonly sizeBytes: number;
}
