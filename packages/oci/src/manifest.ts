import type { Digest, ImageConfig, Platform } from "@pratique/core";

/** OCI image-spec, descriptor.md. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  readonly platform?: Platform;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** An image index or a Docker manifest list. */
export interface ImageIndex {
  readonly kind: "index";
  readonly manifests: readonly Descriptor[];
}

/** An OCI or Docker schema 2 image manifest. */
export interface ImageManifest {
  readonly kind: "manifest";
  readonly config: Descriptor;
  /** Lowest first. */
  readonly layers: readonly Descriptor[];
}

/** Reads an index or a manifest of either family. Throws `IMAGE_MALFORMED`. */
export declare function parseManifest(bytes: Uint8Array): ImageIndex | ImageManifest;

/** The one manifest for a platform; `linux` on this machine's architecture by default. Throws `PLATFORM_NOT_FOUND`. */
export declare function choosePlatform(index: ImageIndex, platform: Platform | undefined): Descriptor;

/** Reads a configuration blob. Throws `IMAGE_MALFORMED`. */
export declare function parseConfig(bytes: Uint8Array): {
  readonly config: ImageConfig;
  readonly platform: Platform;
  readonly diffIds: readonly Digest[];
};

/** Checks size and digest of a blob that is held whole. Throws `DIGEST_MISMATCH`. */
export declare function checkBlob(descriptor: Pick<Descriptor, "digest" | "size">, bytes: Uint8Array): void;
