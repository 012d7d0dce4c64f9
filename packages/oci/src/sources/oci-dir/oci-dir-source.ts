import { lstatSync } from "node:fs";
import { join } from "node:path";
import { OciError } from "../../errors.ts";
import { diskChunks } from "../../files/file-chunks.ts";
import { findRoot } from "../../files/safe-open.ts";
import { seekableFile } from "../../files/seekable-bytes.ts";
import type { LayerSource } from "../../layer-index/layer-source.ts";
import { defaultReadLimits } from "../../layer-index/read-limits.ts";
import { readDiskFile } from "../../layers/disk-file.ts";
import { openLayers } from "../../layers/open-layers.ts";
import { tarLayer } from "../../layers/tar-layer.ts";
import { type SelectedImage, selectImage, splitName } from "../../select-image.ts";
import type { ImageSource } from "../../source.ts";

/** `DIR` or `DIR:NAME`: an OCI image layout that lies unpacked (image-layout.md). */
export const ociDirSource: ImageSource = {
  name: "oci-dir",
  async open(value, options) {
    const { path, name } = splitName(value);
    const root = findRoot(path);
    const maxBytes = options.limits?.documentBytes ?? defaultReadLimits.documentBytes;
    const read = async (document: string): Promise<Uint8Array | undefined> => {
      const file = pathInside(root, document);
      return lstatSync(file, { throwIfNoEntry: false }) === undefined
        ? undefined
        : readDiskFile(file, maxBytes);
    };
    const selected = await selectImage(read, { name, platform: options.platform, prefer: "oci" });
    return openLayers({
      facts: { reference: value, ...selected.facts },
      layers: selected.layers.map((layer) => layerOf(root, layer)),
      options,
    });
  },
};

/** Paths come from the documents of the layout, which may name any file of this host. */
function pathInside(root: string, path: string): string {
  const isInside = path.split("/").every((name) => name !== "" && name !== "." && name !== "..");
  if (isInside && !path.includes("\0")) return join(root, path);
  throw new OciError(
    "IMAGE_MALFORMED",
    `expected a path inside of the layout, found ${JSON.stringify(path)}`,
  );
}

function layerOf(root: string, { path, facts }: SelectedImage["layers"][number]): LayerSource {
  const file = pathInside(root, path);
  if (lstatSync(file, { throwIfNoEntry: false })?.isFile() !== true) {
    throw new OciError(
      "IMAGE_MALFORMED",
      `expected the layer ${JSON.stringify(path)} in the layout, found nothing`,
    );
  }
  return tarLayer({
    facts,
    open: (signal) => diskChunks(file, signal),
    openSeekable: () => seekableFile(file),
  });
}
