import { lstatSync } from "node:fs";
import { join } from "node:path";
import type { Digest, Platform } from "@pratique/core";
import { choosePlatform } from "../choose-platform.ts";
import { OciError } from "../errors.ts";
import { diskChunks } from "../files/file-chunks.ts";
import { seekableFile } from "../files/seekable-bytes.ts";
import type { LayerFacts } from "../layer-index/layer-facts.ts";
import type { LayerSource } from "../layer-index/layer-source.ts";
import { readDiskFile } from "../layers/disk-file.ts";
import { tarLayer } from "../layers/tar-layer.ts";
import { digestOfBytes, type ImageManifest, parseManifest } from "../manifest.ts";

/** An index may name an index; a longer chain is nobody's image. */
const MAX_INDEX_DEPTH = 3;

/** The blobs that a containerd holds, by their digests. Nothing is believed of them but what their digests prove. */
export class ContentStore {
  readonly #directory: string;
  readonly #maxBytes: number;

  /** `root` is containerd's own, resolved by `realpath`; `maxBytes` is for one manifest or configuration. */
  constructor(root: string, maxBytes: number) {
    this.#directory = join(root, "io.containerd.content.v1.content", "blobs", "sha256");
    this.#maxBytes = maxBytes;
  }

  has(digest: Digest): boolean {
    return lstatSync(this.#pathOf(digest), { throwIfNoEntry: false })?.isFile() === true;
  }

  /** Throws `IMAGE_UNREADABLE` where there is none, `LIMIT_REACHED` and `DIGEST_MISMATCH`. */
  read(digest: Digest): Uint8Array {
    if (!this.has(digest))
      throw new OciError("IMAGE_UNREADABLE", `the blob ${digest} is not in the store of containerd`);
    const bytes = readDiskFile(this.#pathOf(digest), this.#maxBytes);
    const found = digestOfBytes(bytes);
    if (found === digest) return bytes;
    throw new OciError("DIGEST_MISMATCH", `expected the blob ${digest}, found ${found}`);
  }

  /** A layer as it was pulled. */
  layer(facts: LayerFacts & { readonly digest: Digest }): LayerSource {
    const path = this.#pathOf(facts.digest);
    if (!this.has(facts.digest)) {
      throw new OciError("IMAGE_UNREADABLE", `the layer ${facts.digest} is not in the store of containerd`);
    }
    return tarLayer({
      facts,
      open: (signal) => diskChunks(path, signal),
      openSeekable: () => seekableFile(path),
    });
  }

  /**
   * The manifest for a platform, of an image or an index. Without a wish it is that of this machine, or the only one
   * whose manifest was pulled.
   */
  findManifest(
    target: Digest,
    platform: Platform | undefined,
  ): { readonly digest: Digest; readonly manifest: ImageManifest } {
    let digest = target;
    for (let depth = 0; depth < MAX_INDEX_DEPTH; depth += 1) {
      const document = parseManifest(this.read(digest));
      if (document.kind === "manifest") return { digest, manifest: document };
      const pulled = document.manifests.filter((descriptor) => this.has(descriptor.digest));
      digest = choosePlatform({ kind: "index", manifests: pulled }, platform).digest;
    }
    throw new OciError("IMAGE_MALFORMED", `more than ${MAX_INDEX_DEPTH} indexes name one another`);
  }

  #pathOf(digest: Digest): string {
    return join(this.#directory, digest.slice("sha256:".length));
  }
}
