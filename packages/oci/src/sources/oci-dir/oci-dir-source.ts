import { lstatSync } from "node:fs";
import { join } from "node:path";
import { readDiskFile } from "../../disk-file.ts";
import { OciError } from "../../errors.ts";
import { diskChunks } from "../../file-chunks.ts";
import type { LayerSource } from "../../layer-source.ts";
import { openLayers } from "../../open-layers.ts";
import { defaultReadLimits } from "../../read-limits.ts";
import { findRoot } from "../../safe-open.ts";
import { seekableFile } from "../../seekable-bytes.ts";
import { type SelectedImage, selectImage, splitName } from "../../select-image.ts";
import type { ImageSource } from "../../source.ts";
import { tarLayer } from "../../tar-layer.ts";

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
