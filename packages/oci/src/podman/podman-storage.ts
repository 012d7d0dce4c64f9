import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import { messageOf } from "@pratique/core";
import { checkPlatform } from "../choose-platform.ts";
import { OciError } from "../errors.ts";
import { findInside, findRoot, isVouchedFor } from "../files/safe-open.ts";
import { configFacts, madeBy, type ParsedConfig, parseConfig } from "../image-config.ts";
import type { LayerFacts } from "../layer-index/layer-facts.ts";
import type { LayerSource } from "../layer-index/layer-source.ts";
import { defaultReadLimits } from "../layer-index/read-limits.ts";
import { directoryLayer } from "../layers/directory-layer.ts";
import { openLayers } from "../layers/open-layers.ts";
import { checkBlob, digestOfBytes, type ImageManifest, parseManifest } from "../manifest.ts";
import type { ImageFacts, OpenedImage, OpenOptions } from "../source.ts";
import { chooseImage, onlyContainer } from "./choose-stored.ts";
import {
  entryAt,
  StorageDocuments,
  type StoredContainer,
  type StoredImage,
  type StoredLayer,
} from "./storage-documents.ts";

/** Drivers whose layers are directories: `overlay` keeps changes, `vfs` a whole tree for each layer. */
const DRIVERS = ["overlay", "vfs"] as const;
type Driver = (typeof DRIVERS)[number];
/** The kernel lays no more directories over each other. */
const MAX_LAYERS = 512;

/** Images and containers of one storage, and where its layers lie. */
interface Part {
  readonly root: string;
  readonly driver: Driver;
  readonly documents: StorageDocuments;
}

interface LayerPlace extends StoredLayer {
  readonly part: Part;
}

/**
 * What Podman (and CRI-O, Buildah, Skopeo) holds, read where `containers/storage` keeps it. A storage of another user is
 * what that user made of it: its layers are then not vouched for.
 */
export class PodmanStorage {
  readonly #parts: readonly Part[];
  #layers: ReadonlyMap<string, LayerPlace> | undefined;

  private constructor(parts: readonly Part[]) {
    this.#parts = parts;
  }

  /**
   * By graph roots, the user's own first; those that are not there are passed over. Throws `SOURCE_UNAVAILABLE` where
   * none can be read.
   */
  static open(roots: readonly string[]): PodmanStorage {
    const parts: Part[] = [];
    const reasons: string[] = [];
    for (const directory of roots) {
      try {
        const root = findRoot(directory);
        accessSync(root, constants.R_OK | constants.X_OK);
        const drivers = DRIVERS.filter((driver) => isDirectory(join(root, `${driver}-images`)));
        parts.push(
          ...drivers.map((driver) => ({ root, driver, documents: new StorageDocuments(root, driver) })),
        );
        if (drivers.length === 0) reasons.push(`${JSON.stringify(root)} holds no images`);
      } catch (thrown) {
        reasons.push(messageOf(thrown));
      }
    }
    if (parts.length > 0) return new PodmanStorage(parts);
    throw new OciError("SOURCE_UNAVAILABLE", `no storage of Podman: ${reasons.join(", and ")}`);
  }

  /** Opens an image by name, id or the beginning of one. Throws `IMAGE_NOT_FOUND`, `IMAGE_AMBIGUOUS`. */
  openImage(name: string, options: OpenOptions): OpenedImage {
    const { part, image } = this.#findImage(name);
    const { facts, layers: known } = readImage(part, image, options);
    const stack = this.#stack(image.layer);
    if (stack.length !== known.length) {
      const message = `the configuration has ${known.length} layers, the storage ${stack.length}`;
      throw new OciError("IMAGE_MALFORMED", message);
    }
    for (const [position, { diffId }] of stack.entries()) {
      const expected = known[position]?.diffId;
      if (diffId === undefined || diffId === expected) continue;
      throw new OciError("DIGEST_MISMATCH", `expected the layer ${expected}, found ${diffId}`);
    }
    return openStack(stack, { known, facts: { ...facts, reference: name }, options });
  }

  /** Opens what a container sees, its own changes included, mounts not. Throws `IMAGE_NOT_FOUND`, `IMAGE_AMBIGUOUS`. */
  openContainer(name: string, options: OpenOptions): OpenedImage {
    const all = this.#parts.flatMap((part) =>
      part.documents.containers().map((container) => ({ part, container })),
    );
    const found = onlyContainer(all, name, ({ container }) => container);
    const { facts, layers } = this.#imageUnder(found.container, found.part, options);
    const stack = this.#stack(found.container.layer);
    const known = stack.map(
      ({ diffId }, position): LayerFacts =>
        diffId !== undefined && layers[position]?.diffId === diffId
          ? layers[position]
          : { ...(diffId !== undefined && { diffId }) },
    );
    const own = found.container.layer;
    return openStack(stack, { known, own, facts: { ...facts, reference: name }, options });
  }

  #findImage(name: string): { readonly part: Part; readonly image: StoredImage } {
    const all = this.#parts.flatMap((part) => part.documents.images().map((image) => ({ part, image })));
    return chooseImage(all, name, ({ image }) => image);
  }

  /** What the container's image says of it: neither id nor digest, since the container may have changed everything. */
  #imageUnder(
    { image: id }: StoredContainer,
    part: Part,
    options: OpenOptions,
  ): { readonly facts: Partial<ImageFacts>; readonly layers: readonly LayerFacts[] } {
    const image = part.documents.images().find((candidate) => candidate.id === id);
    if (image === undefined) return { facts: {}, layers: [] };
    const { facts, layers } = readImage(part, image, options);
    const { digest: _, imageId: __, ...others } = facts;
    return { facts: others, layers };
  }

  /** A layer and all below it, lowest first. */
  #stack(top: string): readonly LayerPlace[] {
    this.#layers ??= new Map(
      this.#parts.flatMap((part) =>
        part.documents.layers().map((layer) => [layer.id, { ...layer, part }] as const),
      ),
    );
    const stack: LayerPlace[] = [];
    for (let id = top; id !== ""; ) {
      const layer = this.#layers.get(id);
      if (layer === undefined)
        throw new OciError("STORE_DAMAGED", `the storage of Podman does not list the layer ${id}`);
      if (stack.length >= MAX_LAYERS)
        throw new OciError("STORE_DAMAGED", "layers of Podman's storage name one another");
      stack.push(layer);
      id = layer.parent;
    }
    return stack.toReversed();
  }
}

interface StackOptions {
  /** What is known of the layers, by position. */
  readonly known: readonly LayerFacts[];
  /** The layer that is a container's own: it has no digest. */
  readonly own?: string;
  readonly facts: Omit<ImageFacts, "layers">;
  readonly options: OpenOptions;
}

function openStack(stack: readonly LayerPlace[], { known, own, facts, options }: StackOptions): OpenedImage {
  const top = stack.at(-1);
  if (top?.part.driver === "vfs") {
    // One tree holds all layers: which of them brought a file is not known, and so nothing may be remembered of it.
    const directory = findInside(top.part.root, "vfs", "dir", top.id);
    const layers = [directoryLayer({ directory, overlay: false, resolved: true, vouched: false })];
    return openLayers({ facts, layers, options, unlayered: true });
  }
  const layers = stack.map((place, position) => overlayLayer(place, known[position] ?? {}, own));
  return openLayers({ facts, layers, options });
}

function overlayLayer(
  { part, id, diffId: seen }: LayerPlace,
  facts: LayerFacts,
  own: string | undefined,
): LayerSource {
  if (part.driver !== "overlay")
    throw new OciError("LAYER_UNSUPPORTED", "an image of Podman lies in two kinds of storage");
  const layer = findInside(part.root, "overlay", id);
  if (isDirectory(join(layer, "composefs-data"))) {
    throw new OciError("LAYER_UNSUPPORTED", "layers in Podman's composefs form are not read in place");
  }
  return directoryLayer({
    directory: findInside(layer, "diff"),
    overlay: true,
    resolved: true,
    facts,
    // Where Podman pulled by a table of contents, nobody has seen the bytes that the digest is of.
    vouched:
      (seen !== undefined || id === own) &&
      isVouchedFor(layer) &&
      isVouchedFor(join(part.root, "overlay-layers")),
  });
}

function readImage(
  { documents }: Part,
  image: StoredImage,
  { platform, limits }: OpenOptions,
): { readonly facts: Omit<ImageFacts, "reference" | "layers">; readonly layers: readonly LayerFacts[] } {
  const maxBytes = limits?.documentBytes ?? defaultReadLimits.documentBytes;
  const bytes = documents.document(image.id, "manifest", maxBytes);
  if (bytes === undefined)
    throw new OciError("IMAGE_MALFORMED", "the image has no manifest in the storage of Podman");
  const digest = digestOfBytes(bytes);
  if (!image.digests.includes(digest)) {
    throw new OciError(
      "DIGEST_MISMATCH",
      `expected the manifest ${image.digests[0] ?? "of the list"}, found ${digest}`,
    );
  }
  const manifest = parseManifest(bytes);
  if (manifest.kind === "index") {
    throw new OciError(
      "MANIFEST_UNSUPPORTED",
      "it is a list of images, of which Podman holds no layers by this name",
    );
  }
  const config = readConfig(documents, image, { manifest, maxBytes });
  checkPlatform(config.platform, platform);
  return {
    facts: {
      digest,
      imageId: manifest.config.digest,
      ...configFacts(config, manifest),
    },
    layers: config.diffIds.map((diffId, position) => ({ diffId, ...madeBy(config, position) })),
  };
}

function readConfig(
  documents: StorageDocuments,
  image: StoredImage,
  { manifest, maxBytes }: { readonly manifest: ImageManifest; readonly maxBytes: number },
): ParsedConfig {
  const bytes = documents.document(image.id, manifest.config.digest, maxBytes);
  if (bytes === undefined)
    throw new OciError("IMAGE_MALFORMED", "the image has no configuration in the storage of Podman");
  checkBlob(manifest.config, bytes);
  return parseConfig(bytes);
}

function isDirectory(path: string): boolean {
  return entryAt(path)?.isDirectory() === true;
}
