import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Digest } from "@pratique/core";
import { type BuiltLayer, configOf, digestOf, manifestOf } from "@pratique/testkit";
import type { Files } from "./containerd-root.ts";

export interface PodmanImageParts {
  readonly names: readonly string[];
  /** Lowest first, with the files that are unpacked of each. */
  readonly layers: readonly { readonly layer: BuiltLayer; readonly files: Files }[];
  /** A container of the image, and what it has written. */
  readonly container?: { readonly name: string; readonly files: Files };
}

/** Lays out what `containers/storage` keeps; for tests. */
export function writePodman(
  root: string,
  images: readonly PodmanImageParts[],
  driver: "overlay" | "vfs" = "overlay",
): readonly { readonly id: string; readonly digest: Digest; readonly layerIds: readonly string[] }[] {
  const lists = { images: [] as unknown[], layers: [] as unknown[], containers: [] as unknown[] };
  const made = images.map((image, position) => {
    const built = image.layers.map(({ layer }) => layer);
    const config = configOf({ layers: built, config: { config: { User: "app" } } });
    const manifest = manifestOf(config, built);
    const id = digestOf(config).slice("sha256:".length);
    const layerIds: string[] = [];
    const tree: Record<string, string> = {};
    const add = (files: Files, diffId?: Digest): string => {
      const layerId = createHash("sha256").update(`${position} ${layerIds.length}`).digest("hex");
      const parent = layerIds.at(-1);
      lists.layers.push({ id: layerId, ...(parent && { parent }), ...(diffId && { "diff-digest": diffId }) });
      Object.assign(tree, files);
      if (driver === "overlay") writeAll(join(root, "overlay", layerId, "diff"), files);
      else writeAll(join(root, "vfs/dir", layerId), tree);
      layerIds.push(layerId);
      return layerId;
    };
    for (const { layer, files } of image.layers) add(files, layer.diffId);
    const digest = digestOf(manifest);
    const layer = layerIds.at(-1);
    lists.images.push({ id, digest, names: image.names, layer, "big-data-names": ["manifest", `manifest-${digest}`] });
    if (image.container !== undefined) {
      const { name, files } = image.container;
      lists.containers.push({ id: createHash("sha256").update(name).digest("hex"), names: [name], image: id, layer: add(files) });
    }
    const documents = join(root, `${driver}-images`, id);
    writeAll(documents, { manifest: manifest.toString() });
    writeAll(documents, { [`=${Buffer.from(digestOf(config)).toString("base64")}`]: config.toString() });
    return { id, digest, layerIds };
  });
  for (const [kind, list] of Object.entries(lists)) {
    writeAll(join(root, `${driver}-${kind}`), { [`${kind}.json`]: JSON.stringify(list) });
  }
  return made;
}

function writeAll(directory: string, files: Files): void {
  mkdirSync(directory, { recursive: true });
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), content);
  }
}
