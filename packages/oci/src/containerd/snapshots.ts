import { join } from "node:path";
import type { BoltBucket } from "../bolt/bolt-bucket.ts";
import { readBolt } from "../bolt/read-bolt.ts";
import { OciError } from "../errors.ts";
import { findInside, isVouchedFor } from "../files/safe-open.ts";
import type { LayerFacts } from "../layer-index/layer-facts.ts";
import type { LayerSource } from "../layer-index/layer-source.ts";
import { directoryLayer } from "../layers/directory-layer.ts";

const OVERLAY = "io.containerd.snapshotter.v1.overlayfs";
/** The kernel lays no more directories over each other. */
const MAX_PARENTS = 512;
const MAX_ID_BYTES = 8;

export interface Snapshot {
  /** The name of its directory. */
  readonly id: bigint;
  /** What its maker calls it: of a layer the digest of that with all below it. */
  readonly key: string;
}

/** Snapshots of containerd's overlayfs: each is a directory with the changes to its parent. */
export class OverlaySnapshots {
  /** The name under which containerd knows the snapshotter. */
  static readonly snapshotter = "overlayfs";
  readonly #root: string;

  /** `root` is containerd's own, resolved by `realpath`. */
  constructor(root: string) {
    this.#root = root;
  }

  /**
   * A snapshot and all below it, lowest first, by the snapshotter's own name for it. Undefined where there is no such
   * snapshot.
   */
  chain(name: string): readonly Snapshot[] | undefined {
    return readBolt(join(this.#root, OVERLAY, "metadata.db"), (root) => {
      const snapshots = root.bucket("v1", "snapshots");
      const chain: Snapshot[] = [];
      for (let at: string | undefined = name; at !== undefined && at !== ""; ) {
        const snapshot: BoltBucket | undefined = snapshots?.bucket(at);
        const id = snapshot?.get("id");
        if (snapshot === undefined || id === undefined) return undefined;
        if (chain.length >= MAX_PARENTS) {
          throw new OciError("STORE_DAMAGED", "snapshots of containerd name one another");
        }
        // NAMESPACE/NUMBER/KEY
        chain.push({ id: readUvarint(id), key: at.split("/").slice(2).join("/") });
        at = snapshot.text("parent");
      }
      return chain.toReversed();
    });
  }

  /** The layer that a snapshot is. Throws `IMAGE_NOT_FOUND` where its directory is not there, and `ACCESS_DENIED`. */
  layer(id: bigint, facts: LayerFacts): LayerSource {
    const snapshot = findInside(this.#root, OVERLAY, "snapshots", String(id));
    const directory = findInside(snapshot, "fs");
    return directoryLayer({
      directory,
      overlay: true,
      facts,
      resolved: true,
      vouched: isVouchedFor(snapshot),
    });
  }
}

/** An unsigned number as Go's `encoding/binary` writes it in as few bytes as it takes. */
function readUvarint(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const [index, byte] of bytes.subarray(0, MAX_ID_BYTES).entries()) {
    value |= BigInt(byte & 0x7f) << BigInt(7 * index);
    if (byte < 0x80) return value;
  }
  throw new OciError("STORE_DAMAGED", "a snapshot of containerd has no number");
}
