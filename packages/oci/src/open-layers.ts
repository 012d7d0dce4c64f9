import type { LayerSource } from "./layer-source.ts";
import type { ImageFacts, OpenedImage, OpenOptions } from "./source.ts";

export interface OpenLayersOptions {
  /** All but the layers, which come from `layers`. */
  readonly facts: Omit<ImageFacts, "layers">;
  /** Lowest first. */
  readonly layers: readonly LayerSource[];
  readonly options: OpenOptions;
  close?(): Promise<void>;
}

/** An opened image over layers that can be read: what most sources end with. */
export declare function openLayers(options: OpenLayersOptions): OpenedImage;
