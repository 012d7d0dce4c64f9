import { createHash } from "node:crypto";
import { type Digest, isDigest, type Platform, parseDigest } from "@pratique/core";
import { OciError } from "./errors.ts";
import { isRecord, parseGoDocument, structOf, textOf, textRecordOf } from "./json-shape.ts";

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
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Manifests of one index, or layers of one manifest. */
const MAX_DESCRIPTORS = 4096;

const MEMBERS = ["mediaType", "config", "layers", "manifests", "annotations"] as const;
const DESCRIPTOR_MEMBERS = ["mediaType", "digest", "size", "platform", "annotations"] as const;

/**
 * Reads an index or a manifest of either family, told apart by their members as well as by their media type: a
 * document that could be read as both is refused (OCI image-spec, manifest.md and CVE-2021-41190). Throws
 * `IMAGE_MALFORMED`.
 */
export function parseManifest(bytes: Uint8Array): ImageIndex | ImageManifest {
  const parsed = parseGoDocument(bytes, "the manifest");
  if (!isRecord(parsed)) throw malformed("an object");
  const document = structOf(parsed, MEMBERS);
  const hasLayers = "config" in document || "layers" in document;
  const hasManifests = "manifests" in document;
  const mediaType = textOf(document.mediaType) ?? "";
  const saysIndex = /\b(?:index|manifest\.list)\b/u.test(mediaType);
  if (hasLayers && hasManifests) throw malformed("either manifests or layers");
  if (mediaType !== "" && saysIndex !== hasManifests)
    throw malformed(`members that fit ${JSON.stringify(mediaType)}`);
  if (hasManifests) return { kind: "index", manifests: descriptorsOf(document.manifests, "manifests") };
  if (!hasLayers) throw malformed("manifests or layers");
  return {
    kind: "manifest",
    config: descriptorOf(document.config),
    layers: descriptorsOf(document.layers ?? [], "layers"),
    ...(document.annotations !== undefined && { annotations: textRecordOf(document.annotations) }),
  };
}

/** Checks size and digest of a blob that is held whole. Throws `DIGEST_MISMATCH`. */
export function checkBlob({ digest, size }: Pick<Descriptor, "digest" | "size">, bytes: Uint8Array): void {
  if (bytes.length !== size) {
    throw new OciError("DIGEST_MISMATCH", `expected ${digest} to have ${size} bytes, found ${bytes.length}`);
  }
  const found = digestOfBytes(bytes);
  if (found !== digest) throw new OciError("DIGEST_MISMATCH", `expected the blob ${digest}, found ${found}`);
}

/** The digest of bytes that are held whole. */
export function digestOfBytes(bytes: Uint8Array): Digest {
  return parseDigest(`sha256:${createHash("sha256").update(bytes).digest("hex")}`);
}

function descriptorsOf(value: unknown, what: string): readonly Descriptor[] {
  if (!Array.isArray(value) || value.length > MAX_DESCRIPTORS) {
    throw malformed(`a list of at most ${MAX_DESCRIPTORS} ${what}`);
  }
  return value.map(descriptorOf);
}

function descriptorOf(value: unknown): Descriptor {
  const { mediaType, digest, size, platform, annotations } = structOf(value, DESCRIPTOR_MEMBERS);
  if (typeof digest !== "string" || !isDigest(digest)) throw malformed("a SHA-256 digest in a descriptor");
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0)
    throw malformed("a size in a descriptor");
  const parsed = isRecord(platform) ? platformOf(platform) : undefined;
  return {
    mediaType: textOf(mediaType) ?? "",
    digest,
    size,
    ...(parsed !== undefined && { platform: parsed }),
    ...(annotations !== undefined && { annotations: textRecordOf(annotations) }),
  };
}

function platformOf(value: unknown): Platform {
  const record = structOf(value, ["os", "architecture", "variant"]);
  const variant = textOf(record.variant);
  return {
    os: textOf(record.os) ?? "",
    architecture: textOf(record.architecture) ?? "",
    ...(variant !== undefined && variant !== "" && { variant }),
  };
}

function malformed(expected: string): OciError {
  return new OciError("IMAGE_MALFORMED", `expected ${expected} in the manifest`);
}
