import { findRoot } from "../../files/safe-open.ts";
import { directoryLayer } from "../../layers/directory-layer.ts";
import { openLayers } from "../../layers/open-layers.ts";
import type { ImageSource } from "../../source.ts";

/** `DIR`: a root file system as it lies on disk. It has no layers, no configuration and no digest. */
export const dirSource: ImageSource = {
  name: "dir",
  async open(value, options) {
    const directory = findRoot(value);
    const layers = [directoryLayer({ directory, overlay: false })];
    return openLayers({ facts: { reference: value }, layers, options, unlayered: true });
  },
};
