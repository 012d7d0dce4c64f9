import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { type Digest, parseDigest } from "@pratique/core";
import { type TarItem, tarOf } from "./tar.ts";

/** A layer in the forms in which it travels. */
export interface BuiltLayer {
  /** The uncompressed tar. */
  readonly tar: Buffer;
  readonly diffId: Digest;
  /** The bytes as stored. */
  readonly blob: Buffer;
  readonly digest: Digest;
  readonly mediaType: string;
  /** What the manifest says of it besides. */
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface ImageParts {
  /** Lowest first. */
  readonly layers: readonly BuiltLayer[];
  /** Laid over a small default configuration. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Tags for a docker archive, the name annotation for an OCI layout. */
  readonly tags?: readonly string[];
}

export interface BuiltImage {
  /** Files of a layout or an archive by their path. */
  readonly files: ReadonlyMap<string, Buffer>;
  readonly imageId: Digest;
  /** The digest of the manifest; of the configuration where there is none. */
  readonly digest: Digest;
}

const CONFIG_TYPE = "application/vnd.oci.image.config.v1+json";
const MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";
const INDEX_TYPE = "application/vnd.oci.image.index.v1+json";
const LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar";

/** The digest of bytes. */
export function digestOf(bytes: Uint8Array | string): Digest {
  return parseDigest(`sha256:${createHash("sha256").update(bytes).digest("hex")}`);
}

/** A layer of the entries, packed as asked. */
export function layerOf(
  items: readonly TarItem[] | Buffer,
  compression: "none" | "gzip" | "zstd" = "none",
): BuiltLayer {
  const tar = Buffer.isBuffer(items) ? items : tarOf(items);
  const blob = compression === "none" ? tar : compression === "gzip" ? gzipSync(tar) : zstdCompressSync(tar);
  const mediaType = compression === "none" ? LAYER_TYPE : `${LAYER_TYPE}+${compression}`;
  return { tar, diffId: digestOf(tar), blob, digest: digestOf(blob), mediaType };
}

/** What `docker save` wrote before it wrote OCI layouts: `manifest.json`, a configuration, a directory for each layer. */
export function dockerArchiveOf(images: ImageParts | readonly ImageParts[]): BuiltImage {
  const files = new Map<string, Buffer>();
  let imageId: Digest | undefined;
  const manifests = listOf(images).map((parts) => {
    const config = configOf(parts);
    imageId ??= digestOf(config);
    const configPath = `${digestOf(config).slice(7)}.json`;
    files.set(configPath, config);
    const paths = parts.layers.map(({ diffId, blob }) => {
      files.set(`${diffId.slice(7)}/layer.tar`, blob);
      return `${diffId.slice(7)}/layer.tar`;
    });
    return { Config: configPath, RepoTags: parts.tags ?? null, Layers: paths };
  });
  files.set("manifest.json", Buffer.from(JSON.stringify(manifests)));
  return { files, imageId: known(imageId), digest: known(imageId) };
}

/** An OCI image layout (image-layout.md) of one image or, with platforms, of several under one index. */
export function ociLayoutOf(images: ImageParts | readonly ImageParts[]): BuiltImage {
  const files = new Map<string, Buffer>();
  files.set("oci-layout", Buffer.from('{"imageLayoutVersion":"1.0.0"}'));
  let imageId: Digest | undefined;
  const manifests = listOf(images).map((parts) => {
    const config = configOf(parts);
    imageId ??= digestOf(config);
    const manifest = manifestOf(config, parts.layers);
    for (const bytes of [config, manifest, ...parts.layers.map(({ blob }) => blob)]) addBlob(files, bytes);
    const [tag] = parts.tags ?? [];
    return {
      ...descriptorOf(MANIFEST_TYPE, manifest),
      platform: platformOf(parts),
      ...(tag !== undefined && { annotations: { "org.opencontainers.image.ref.name": tag } }),
    };
  });
  const index = { schemaVersion: 2, mediaType: INDEX_TYPE, manifests };
  files.set("index.json", Buffer.from(JSON.stringify(index)));
  return { files, imageId: known(imageId), digest: known(manifests[0]?.digest) };
}

/** The files as a tar. */
export function archiveOf({ files }: Pick<BuiltImage, "files">): Buffer {
  return tarOf([...files].map(([path, content]) => ({ path, content })));
}

/** Writes the files below a directory. */
export function writeFiles(directory: string, { files }: Pick<BuiltImage, "files">): void {
  for (const [path, content] of files) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), content);
  }
}

/** The manifest that an OCI layout or a registry has of the parts. */
export function manifestOf(config: Buffer, layers: readonly BuiltLayer[]): Buffer {
  const manifest = {
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: descriptorOf(CONFIG_TYPE, config),
    layers: layers.map(({ blob, mediaType, annotations }) => ({
      ...descriptorOf(mediaType, blob),
      ...(annotations !== undefined && { annotations }),
    })),
  };
  return Buffer.from(JSON.stringify(manifest));
}

/** The configuration of the parts (OCI image-spec, config.md). */
export function configOf({ layers, config = {} }: ImageParts): Buffer {
  const whole = {
    architecture: "amd64",
    os: "linux",
    config: {},
    rootfs: { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) },
    ...config,
  };
  return Buffer.from(JSON.stringify(whole));
}

function platformOf({ config = {} }: ImageParts): Readonly<Record<string, unknown>> {
  const { os = "linux", architecture = "amd64", variant } = config;
  return { os, architecture, ...(variant !== undefined && { variant }) };
}

function descriptorOf(mediaType: string, bytes: Buffer) {
  return { mediaType, digest: digestOf(bytes), size: bytes.length };
}

function addBlob(files: Map<string, Buffer>, bytes: Buffer): void {
  files.set(`blobs/sha256/${digestOf(bytes).slice(7)}`, bytes);
}

function listOf(images: ImageParts | readonly ImageParts[]): readonly ImageParts[] {
  return "layers" in images ? [images] : images;
}

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("an archive needs at least one image");
  return value;
}
