import { GiB, MiB } from "@pratique/core";

/** Bounds on what one image may make us do. Reaching one is a failure of the tree, or an error, never silence. */
export interface ReadLimits {
  /** Bytes of one wanted file; a longer one is a failure of the tree. */
  readonly fileBytes: number;
  /** The same for a file of which less is kept, or which is read by itself: see `condense` of `FilePattern`. */
  readonly condensedBytes: number;
  /** Bytes of all wanted files that are held in memory; those beyond are failures of the tree. */
  readonly heldBytes: number;
  /** Uncompressed bytes of one layer. */
  readonly layerBytes: number;
  /** Entries of one layer. */
  readonly layerEntries: number;
  /** Entries of all layers that are kept: directories, links and wanted files. */
  readonly keptEntries: number;
  /** Steps from name to name that laying layers over each other may take: symlinks make short paths long. */
  readonly steps: number;
  readonly layers: number;
  /** Bytes of an image archive, unpacked. */
  readonly archiveBytes: number;
  /** Bytes of a manifest, an index or a configuration. */
  readonly documentBytes: number;
}

export const defaultReadLimits: ReadLimits = {
  fileBytes: 64 * MiB,
  condensedBytes: 128 * MiB,
  heldBytes: 256 * MiB,
  layerBytes: 64 * GiB,
  layerEntries: 5_000_000,
  keptEntries: 500_000,
  steps: 100_000_000,
  layers: 512,
  archiveBytes: 256 * GiB,
  documentBytes: 8 * MiB,
};
