import type { LayerSource } from "./layer-source.ts";
import type { LayerFacts } from "./source.ts";

export interface DirectoryLayerOptions {
  readonly directory: string;
  readonly facts?: LayerFacts;
  /** Whiteouts and opaque directories are written the way overlayfs writes them; else there are none. */
  readonly overlay: boolean;
}

/**
 * A layer that lies unpacked in a directory. Contents are read when asked for; symlinks are never followed
 * out of the directory.
 */
export declare function directoryLayer(options: DirectoryLayerOptions): LayerSource;
