import { lstatSync, type Stats } from "node:fs";
import { join } from "node:path";
import { type Digest, isDigest, MiB, messageOf } from "@pratique/core";
import { OciError } from "../errors.ts";
import { isRecord, type JsonRecord, parseDocument, textOf, textsOf } from "../json-shape.ts";
import { readDiskFile } from "../layers/disk-file.ts";

/** Bytes of one list: some 30,000 images or layers. */
const MAX_LIST_BYTES = 32 * MiB;
/** What ids of images, layers and containers look like: they become names of directories. */
const ID = /^[0-9a-f]{64}$/u;

/** An image as the storage lists it. */
export interface StoredImage {
  readonly id: string;
  readonly names: readonly string[];
  /** Digests of its manifests. */
  readonly digests: readonly Digest[];
  /** The highest layer; empty where it has none. */
  readonly layer: string;
}

/** A layer as the storage lists it. */
export interface StoredLayer {
  readonly id: string;
  /** The one below; empty for the lowest. */
  readonly parent: string;
  /** Digest of the uncompressed bytes, where the storage has seen them all. */
  readonly diffId?: Digest;
}

/** A container as the storage lists it. */
export interface StoredContainer {
  readonly id: string;
  readonly names: readonly string[];
  readonly image: string;
  /** Its own layer, above those of its image. */
  readonly layer: string;
}

/** The lists of one driver in a storage directory, as `containers/storage` keeps them. Entries of another form are passed over. */
export class StorageDocuments {
  readonly #root: string;
  readonly #driver: string;

  /** `root` has been resolved by `realpath`. */
  constructor(root: string, driver: string) {
    this.#root = root;
    this.#driver = driver;
  }

  images(): readonly StoredImage[] {
    return this.#list("images", "images.json").flatMap((item) => {
      const id = textOf(item.id) ?? "";
      const layer = textOf(item.layer) ?? "";
      if (!ID.test(id) || (layer !== "" && !ID.test(layer))) return [];
      const manifests = textsOf(item["big-data-names"]).map((name) => name.replace(/^manifest-/u, ""));
      const digests = [textOf(item.digest) ?? "", ...manifests].filter((text) => isDigest(text));
      return [{ id, layer, names: textsOf(item.names), digests }];
    });
  }

  layers(): readonly StoredLayer[] {
    const items = ["layers.json", "volatile-layers.json"].flatMap((file) => this.#list("layers", file));
    return items.flatMap((item) => {
      const id = textOf(item.id) ?? "";
      const parent = textOf(item.parent) ?? "";
      if (!ID.test(id) || (parent !== "" && !ID.test(parent))) return [];
      const diffId = textOf(item["diff-digest"]) ?? "";
      return [{ id, parent, ...(isDigest(diffId) && { diffId }) }];
    });
  }

  containers(): readonly StoredContainer[] {
    const items = ["containers.json", "volatile-containers.json"].flatMap((file) =>
      this.#list("containers", file),
    );
    return items.flatMap((item) => {
      const id = textOf(item.id) ?? "";
      const layer = textOf(item.layer) ?? "";
      if (!ID.test(id) || !ID.test(layer)) return [];
      return [{ id, layer, names: textsOf(item.names), image: textOf(item.image) ?? "" }];
    });
  }

  /** A document that belongs to an image, by its key; undefined where there is none. */
  document(image: string, key: string, maxBytes: number): Uint8Array | undefined {
    // Keys that would not do for the name of a file are written in base64.
    const name = /^[0-9a-z.]+$/u.test(key) ? key : `=${Buffer.from(key).toString("base64")}`;
    const path = join(this.#root, `${this.#driver}-images`, image, name);
    return entryAt(path) !== undefined ? readDiskFile(path, maxBytes) : undefined;
  }

  #list(kind: string, file: string): readonly JsonRecord[] {
    const path = join(this.#root, `${this.#driver}-${kind}`, file);
    if (entryAt(path) === undefined) return [];
    const list = parseDocument(readDiskFile(path, MAX_LIST_BYTES), JSON.stringify(path));
    if (Array.isArray(list)) return list.filter(isRecord);
    throw new OciError("STORE_DAMAGED", `expected a list in ${JSON.stringify(path)}`);
  }
}

/** What is at a path; undefined where there is nothing. Throws `SOURCE_UNAVAILABLE` where that cannot be told. */
export function entryAt(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (cause) {
    throw new OciError("SOURCE_UNAVAILABLE", `the storage of Podman cannot be read: ${messageOf(cause)}`, {
      cause,
    });
  }
}
