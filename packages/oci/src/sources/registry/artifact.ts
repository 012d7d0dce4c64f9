import { type Digest, type ImageReference, parseImageReference } from "@pratique/core";
import { OciError } from "../../errors.ts";
import { defaultReadLimits } from "../../layer-index/read-limits.ts";
import { checkBlob, type Descriptor, digestOfBytes, parseManifest } from "../../manifest.ts";
import { noCredentials } from "./credentials.ts";
import type { RegistrySourceOptions } from "./registry-source.ts";
import { Repository } from "./repository.ts";

const MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";
/** OCI image-spec, manifest.md, "Guidance for an Empty Descriptor". */
const EMPTY_TYPE = "application/vnd.oci.empty.v1+json";
const EMPTY = Buffer.from("{}");
const DEFAULT_BLOB_TIMEOUT_MS = 60 * 60 * 1000;

export interface ArtifactOptions extends RegistrySourceOptions {
  /** Whether something is to be put there, too. */
  readonly writes?: boolean;
}

/** One part of an artifact. */
export type ArtifactPart = Pick<Descriptor, "mediaType" | "digest" | "size">;

/** Reads and writes what lies in a registry under one tag and is no image (OCI image-spec, "Artifact Usage"). */
export class Artifact {
  readonly #reference: ImageReference;
  readonly #options: ArtifactOptions;
  #repository: Promise<Repository> | undefined;

  /** `[registry/]repository[:tag]`. Throws `REFERENCE_MALFORMED`. */
  constructor(reference: string, options: ArtifactOptions) {
    this.#reference = parseImageReference(reference);
    this.#options = options;
  }

  /**
   * The parts that its manifest names. The manifest is checked against its digest only where the reference has one. Rejects with
   * `IMAGE_NOT_FOUND`, and `IMAGE_MALFORMED` where it is an index.
   */
  async parts(signal: AbortSignal): Promise<readonly ArtifactPart[]> {
    const repository = await this.#open(signal);
    const { digest, tag = "latest" } = this.#reference;
    const maxBytes = defaultReadLimits.documentBytes;
    const { bytes } = await repository.manifest(digest ?? tag, { maxBytes, signal });
    if (digest !== undefined) checkBlob({ digest, size: bytes.length }, bytes);
    const manifest = parseManifest(bytes);
    if (manifest.kind === "manifest") return manifest.layers;
    throw new OciError("IMAGE_MALFORMED", "expected the manifest of an artifact, found an index");
  }

  /** A part that is held whole, and is what its digest says. Rejects with `IMAGE_UNREADABLE` or `DIGEST_MISMATCH`. */
  async read(part: ArtifactPart, signal: AbortSignal): Promise<Uint8Array> {
    const bytes = await (await this.#open(signal)).blob(part.digest, { maxBytes: part.size, signal });
    checkBlob(part, bytes);
    return bytes;
  }

  /** Bytes of a part from an offset on, unchecked; from the beginning where the registry knows no ranges. */
  async readFrom(
    digest: Digest,
    options: { readonly offset: number; readonly sizeBytes: number; readonly signal: AbortSignal },
  ): Promise<{ readonly offset: number; readonly chunks: AsyncIterable<Uint8Array> }> {
    return (await this.#open(options.signal)).blobFrom(digest, options);
  }

  async holds(digest: Digest, signal: AbortSignal): Promise<boolean> {
    return (await this.#open(signal)).holds(digest, signal);
  }

  async writePart(digest: Digest, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    await (await this.#open(signal)).pushBlob(digest, bytes, signal);
  }

  /** Puts the tag on an artifact of these parts, which are there already. */
  async write(artifactType: string, parts: readonly ArtifactPart[], signal: AbortSignal): Promise<void> {
    const repository = await this.#open(signal);
    const config = digestOfBytes(EMPTY);
    if (!(await repository.holds(config, signal))) await repository.pushBlob(config, EMPTY, signal);
    const manifest = {
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      artifactType,
      config: { mediaType: EMPTY_TYPE, digest: config, size: EMPTY.length },
      layers: parts.map(({ mediaType, digest, size }) => ({ mediaType, digest, size })),
    };
    const bytes = Buffer.from(JSON.stringify(manifest));
    await repository.pushManifest(
      this.#reference.tag ?? "latest",
      { bytes, mediaType: MANIFEST_TYPE },
      signal,
    );
  }

  /** How the registry is spoken to is found out once, and tried again where that failed. */
  async #open(signal: AbortSignal): Promise<Repository> {
    const { http, credentials = noCredentials, insecureRegistries = [], writes = false } = this.#options;
    const blobTimeoutMs = this.#options.blobTimeoutMs ?? DEFAULT_BLOB_TIMEOUT_MS;
    this.#repository ??= Repository.open(
      this.#reference,
      {
        http,
        credentials,
        insecureRegistries: new Set(insecureRegistries),
        endpoints: new Map(),
        blobTimeoutMs,
        writes,
      },
      signal,
    ).catch((thrown: unknown) => {
      this.#repository = undefined;
      throw thrown;
    });
    return this.#repository;
  }
}
