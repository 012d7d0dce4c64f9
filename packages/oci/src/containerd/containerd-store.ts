import { createHash } from "node:crypto";
import { join } from "node:path";
import { type Digest, isDigest, messageOf, parseDigest } from "@pratique/core";
import type { BoltBucket } from "../bolt/bolt-bucket.ts";
import { readBolt } from "../bolt/read-bolt.ts";
import { checkPlatform } from "../choose-platform.ts";
import { OciError } from "../errors.ts";
import { findRoot } from "../files/safe-open.ts";
import { configFacts, madeBy, parseConfig } from "../image-config.ts";
import { completedName } from "../image-name.ts";
import type { LayerFacts } from "../layer-index/layer-facts.ts";
import type { LayerSource } from "../layer-index/layer-source.ts";
import { defaultReadLimits } from "../layer-index/read-limits.ts";
import { openLayers } from "../layers/open-layers.ts";
import type { ImageFacts, OpenedImage, OpenOptions } from "../source.ts";
import { ContentStore } from "./content-store.ts";
import { OverlaySnapshots, type Snapshot } from "./snapshots.ts";

/** Where a name without a namespace is looked for first, in this order. */
const USUAL_NAMESPACES = ["default", "k8s.io", "moby"];
/** Namespaces, and containers that a name may mean: more are nobody's. */
const MAX_NAMESPACES = 10_000;

/** An image as containerd's metadata name it. */
export interface ContainerdImage {
  readonly namespace: string;
  readonly name: string;
  /** Of its manifest or index. */
  readonly target: Digest;
}

/** A container whose root is a snapshot. */
export interface ContainerdContainer {
  readonly namespace: string;
  readonly id: string;
  /** The name of its image; empty where none is told. */
  readonly image: string;
  readonly snapshotter: string;
  readonly snapshotKey: string;
}

/** A layer of an image by its digest. */
export interface KnownLayer {
  readonly diffId: Digest;
  /** See {@link LayerFacts}. */
  readonly instruction?: string;
}

/**
 * What a containerd holds, read where it lies: its metadata, its content and the snapshots of overlayfs. Nothing is
 * asked of the daemon, which may be down.
 */
export class ContainerdStore {
  readonly root: string;
  readonly #snapshots: OverlaySnapshots;

  private constructor(root: string) {
    this.root = root;
    this.#snapshots = new OverlaySnapshots(root);
  }

  /** By the `root` of containerd's configuration. Throws `SOURCE_UNAVAILABLE` where there is none that can be read. */
  static open(directory: string): ContainerdStore {
    try {
      const store = new ContainerdStore(findRoot(directory));
      store.#look(() => undefined);
      return store;
    } catch (cause) {
      if (cause instanceof OciError && cause.code !== "IMAGE_NOT_FOUND") throw cause;
      throw new OciError("SOURCE_UNAVAILABLE", `no containerd: ${messageOf(cause)}`, { cause });
    }
  }

  /**
   * By `[NAMESPACE/]NAME`, where the name may be written as short as Docker allows, or be the digest of a manifest or
   * index. Without a namespace the usual ones go first. Undefined where there is none.
   */
  findImage(text: string): ContainerdImage | undefined {
    return this.#look((metadata) => {
      const slash = text.indexOf("/");
      const named = metadata.bucket(text.slice(0, slash)) === undefined ? undefined : text.slice(0, slash);
      if (slash > 0 && named !== undefined) {
        const found = imageIn(metadata, named, text.slice(slash + 1));
        if (found !== undefined) return found;
      }
      for (const namespace of namespacesOf(metadata)) {
        const found = imageIn(metadata, namespace, text);
        if (found !== undefined) return found;
      }
      return undefined;
    });
  }

  /** An image of a namespace by the digest of its manifest or index; its name is the digest. */
  findTarget(namespace: string, target: Digest): ContainerdImage | undefined {
    return this.#look((metadata) => {
      for (const image of imagesIn(metadata, namespace)) if (image.target === target) return image;
      return undefined;
    });
  }

  /**
   * Opens an image: each layer by its snapshot where it is unpacked, else by its blob. What lies unpacked is
   * containerd's word; a blob is held against its digests.
   */
  openImage(image: ContainerdImage, options: OpenOptions, reference: string): OpenedImage {
    const { facts, layers: known } = this.#readImage(image, options);
    const content = this.#content(options);
    const unpacked = this.#unpacked(image.namespace, known);
    const layers = known.map(({ digest, sizeBytes, ...layer }, position): LayerSource => {
      const snapshot = unpacked[position];
      return snapshot === undefined
        ? content.layer({ ...layer, digest, sizeBytes })
        : this.#snapshots.layer(snapshot.id, layer);
    });
    return openLayers({ facts: { ...facts, reference }, layers, options });
  }

  /** By id, the beginning of one, or nerdctl's name. Undefined where there is none; throws `IMAGE_AMBIGUOUS`. */
  findContainer(text: string): ContainerdContainer | undefined {
    return this.#look((metadata) => {
      const all = namespacesOf(metadata).flatMap((namespace) => containersIn(metadata, namespace));
      const exact = all.filter(({ id, names }) => id === text || names.includes(text));
      const fitting = exact.length > 0 ? exact : all.filter(({ id }) => id.startsWith(text));
      const [only, ...others] = fitting;
      if (others.length === 0) return only;
      const ids = fitting.map(({ namespace, id }) => JSON.stringify(`${namespace}/${id}`)).join(", ");
      throw new OciError("IMAGE_AMBIGUOUS", `expected one container ${JSON.stringify(text)}, found ${ids}`);
    });
  }

  /**
   * Opens what a container sees. Its image says more of it only where its layers are still those of that name. Throws
   * `LAYER_UNSUPPORTED` where its root is no overlay, and `IMAGE_NOT_FOUND` where it has none.
   */
  openContainer(container: ContainerdContainer, options: OpenOptions, reference: string): OpenedImage {
    const { namespace, snapshotter, snapshotKey } = container;
    if (snapshotter !== OverlaySnapshots.snapshotter) {
      const what = `snapshots of containerd's ${JSON.stringify(snapshotter)}`;
      throw new OciError("LAYER_UNSUPPORTED", `${what} are not read`);
    }
    const chain = this.#chain(namespace, snapshotKey);
    if (chain === undefined) {
      throw new OciError("IMAGE_NOT_FOUND", `the container ${JSON.stringify(container.id)} has no root`);
    }
    const { facts, layers: known } = this.#imageUnder(container, chain, options);
    return openLayers({ facts: { reference, ...facts }, layers: this.#layersOf(chain, known), options });
  }

  /**
   * The directories of an overlay snapshot, by its key, and of all below it, lowest first. `known` are the layers
   * of the image under it. Undefined where there is no such snapshot.
   */
  snapshotLayers(
    namespace: string,
    key: string,
    known: readonly KnownLayer[],
  ): readonly LayerSource[] | undefined {
    const chain = this.#chain(namespace, key);
    return chain && this.#layersOf(chain, known);
  }

  /** Between the layers of an image may lie what its builder put there: a layer is known by its key alone. */
  #layersOf(chain: readonly Snapshot[], known: readonly KnownLayer[]): readonly LayerSource[] {
    const byKey = new Map<string, LayerFacts>();
    for (const [position, key] of chainIds(known).entries()) {
      const { diffId, instruction } = known[position] ?? {};
      byKey.set(key, {
        ...(diffId !== undefined && { diffId }),
        ...(instruction !== undefined && { instruction }),
      });
    }
    return chain.map(({ id, key }) => this.#snapshots.layer(id, byKey.get(key) ?? {}));
  }

  #chain(namespace: string, key: string): readonly Snapshot[] | undefined {
    const name = this.#look((metadata) => snapshotName(metadata, namespace, key));
    return name === undefined ? undefined : this.#snapshots.chain(name);
  }

  /** What the image of a container says; nothing where that is gone, or its name is another's by now. */
  #imageUnder(
    { namespace, image: name }: ContainerdContainer,
    chain: readonly Snapshot[],
    options: OpenOptions,
  ): { readonly facts: Partial<ImageFacts>; readonly layers: readonly KnownLayer[] } {
    const none = { facts: {}, layers: [] };
    const image = name === "" ? undefined : this.#look((metadata) => imageIn(metadata, namespace, name));
    if (image === undefined) return none;
    try {
      const { facts, layers } = this.#readImage(image, options);
      const top = chainIds(layers).at(-1);
      // Neither id nor digest: the container may have changed everything.
      const { digest: _, imageId: __, ...others } = facts;
      return chain.some(({ key }) => key === top) ? { facts: others, layers } : none;
    } catch (thrown) {
      // Its manifest may have been collected as garbage.
      if (thrown instanceof OciError && thrown.code === "IMAGE_UNREADABLE") return none;
      throw thrown;
    }
  }

  #readImage({ target }: ContainerdImage, options: OpenOptions) {
    const content = this.#content(options);
    const { digest, manifest } = content.findManifest(target, options.platform);
    const config = parseConfig(content.read(manifest.config.digest));
    checkPlatform(config.platform, options.platform);
    const { diffIds } = config;
    if (diffIds.length !== manifest.layers.length) {
      const message = `manifest has ${manifest.layers.length} layers, configuration ${diffIds.length}`;
      throw new OciError("IMAGE_MALFORMED", message);
    }
    return {
      facts: { digest, imageId: manifest.config.digest, ...configFacts(config, manifest) },
      layers: diffIds.map((diffId, position) => {
        const { digest: blob = diffId, size = 0 } = manifest.layers[position] ?? {};
        return { diffId, ...madeBy(config, position), digest: blob, sizeBytes: size };
      }),
    };
  }

  /** The snapshots of layers, by position; undefined for those that are not unpacked, or not by themselves. */
  #unpacked(namespace: string, layers: readonly KnownLayer[]): readonly (Snapshot | undefined)[] {
    const keys = chainIds(layers);
    const names = this.#look((metadata) => keys.map((key) => snapshotName(metadata, namespace, key)));
    const highest = names.findLastIndex((name) => name !== undefined);
    const chain = highest < 0 ? [] : (this.#snapshots.chain(names[highest] ?? "") ?? []);
    return chain.length === highest + 1 && chain.every(({ key }, index) => key === keys[index]) ? chain : [];
  }

  #content({ limits }: OpenOptions): ContentStore {
    return new ContentStore(this.root, limits?.documentBytes ?? defaultReadLimits.documentBytes);
  }

  #look<Result>(look: (metadata: BoltBucket) => Result): Result {
    const path = join(this.root, "io.containerd.metadata.v1.bolt", "meta.db");
    return readBolt(path, (root) => {
      const metadata = root.bucket("v1");
      if (metadata === undefined)
        throw new OciError("STORE_DAMAGED", `${JSON.stringify(path)} has no metadata of version 1`);
      return look(metadata);
    });
  }
}

function namespacesOf(metadata: BoltBucket): readonly string[] {
  const all: string[] = [];
  for (const name of metadata.bucketNames()) {
    if (all.length < MAX_NAMESPACES) all.push(name);
  }
  return [
    ...USUAL_NAMESPACES.filter((name) => all.includes(name)),
    ...all.filter((name) => !USUAL_NAMESPACES.includes(name)),
  ];
}

function imageIn(metadata: BoltBucket, namespace: string, text: string): ContainerdImage | undefined {
  const images = metadata.bucket(namespace, "images");
  for (const name of [text, completedName(text)]) {
    const found = images === undefined || name === "" ? undefined : imageAt(images, namespace, name);
    if (found !== undefined) return found;
  }
  if (!isDigest(text)) return undefined;
  for (const image of imagesIn(metadata, namespace)) if (image.target === text) return image;
  return undefined;
}

function* imagesIn(metadata: BoltBucket, namespace: string): Generator<ContainerdImage, void, void> {
  const images = metadata.bucket(namespace, "images");
  if (images === undefined) return;
  for (const name of images.bucketNames()) {
    const image = imageAt(images, namespace, name);
    if (image !== undefined) yield image;
  }
}

function imageAt(images: BoltBucket, namespace: string, name: string): ContainerdImage | undefined {
  const target = images.bucket(name, "target")?.text("digest") ?? "";
  return isDigest(target) ? { namespace, name, target } : undefined;
}

function containersIn(
  metadata: BoltBucket,
  namespace: string,
): readonly (ContainerdContainer & { readonly names: readonly string[] })[] {
  const containers = metadata.bucket(namespace, "containers");
  return [...(containers?.bucketNames() ?? [])].flatMap((id) => {
    const container = containers?.bucket(id);
    const snapshotKey = container?.text("snapshotKey") ?? "";
    const snapshotter = container?.text("snapshotter") ?? "";
    // Docker's containers are here, too, and their roots elsewhere.
    if (snapshotKey === "" || snapshotter === "") return [];
    const name = container?.bucket("labels")?.text("nerdctl/name");
    const names = name === undefined ? [] : [name];
    return [{ namespace, id, names, image: container?.text("image") ?? "", snapshotter, snapshotKey }];
  });
}

/** The snapshotter's own name of a snapshot. */
function snapshotName(metadata: BoltBucket, namespace: string, key: string): string | undefined {
  return metadata.bucket(namespace, "snapshots", OverlaySnapshots.snapshotter, key)?.text("name");
}

/** Names of each layer with all below it (OCI image-spec, config.md, "Layer ChainID"). */
function chainIds(layers: readonly KnownLayer[]): readonly Digest[] {
  const chains: Digest[] = [];
  for (const { diffId } of layers) {
    const below = chains.at(-1);
    chains.push(
      below === undefined
        ? diffId
        : parseDigest(`sha256:${createHash("sha256").update(`${below} ${diffId}`).digest("hex")}`),
    );
  }
  return chains;
}
