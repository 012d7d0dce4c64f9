import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import {
  AdvisoryError,
  type AdvisoryErrorCode,
  type Blob,
  type BlobRest,
  type WritableMirror,
} from "@pratique/advisory";
import { MiB, parseDigest } from "@pratique/core";
import {
  Artifact,
  type ArtifactOptions,
  type ArtifactPart,
  OciError,
  type OciErrorCode,
} from "@pratique/oci";

const ARTIFACT_TYPE = "application/vnd.pratique.advisories.v1";
const MANIFEST_TYPE = "application/vnd.pratique.advisories.manifest.v1+dsse";
const BLOB_TYPE = "application/vnd.pratique.advisories.blob.v1+zstd";
/** The same as a mirror of files may have. */
const MAX_MANIFEST_BYTES = 16 * MiB;
/** What is read into memory to be sent: shards have some megabytes. */
const MAX_PUSHED_BYTES = 256 * MiB;
/** What readers, ours among them, take in one manifest of a registry. */
const MAX_PARTS = 4000;

/** A mirror in a registry: an artifact whose first part is the signed manifest, and the blobs that it names. */
export class RegistryMirror implements WritableMirror {
  readonly location: string;
  readonly #artifact: Artifact;

  /** `oci:[registry/]repository[:tag]`. Throws `REFERENCE_MALFORMED`. */
  constructor(location: string, options: ArtifactOptions) {
    this.location = location;
    this.#artifact = new Artifact(location.replace(/^oci:/u, ""), options);
  }

  async readManifest(signal?: AbortSignal): Promise<string> {
    return this.#guarded("MIRROR_UNREACHABLE", async () => {
      const parts = await this.#artifact.parts(orNever(signal));
      const part = parts.find(({ mediaType }) => mediaType === MANIFEST_TYPE);
      if (part === undefined || part.size > MAX_MANIFEST_BYTES) {
        throw new AdvisoryError(
          "MIRROR_MALFORMED",
          `there are no advisories at ${JSON.stringify(this.location)}`,
        );
      }
      return Buffer.from(await this.#artifact.read(part, orNever(signal))).toString("utf8");
    });
  }

  async readBlob(
    blob: Blob,
    { offset, signal }: { readonly offset: number; readonly signal?: AbortSignal | undefined },
  ): Promise<BlobRest> {
    const { digest, bytes: sizeBytes } = blob;
    const rest = await this.#guarded("MIRROR_UNREACHABLE", () =>
      this.#artifact.readFrom(digest, { offset, sizeBytes, signal: orNever(signal) }),
    );
    return { offset: rest.offset, chunks: this.#translated(rest.chunks) };
  }

  async holds({ digest }: Blob): Promise<boolean> {
    return this.#guarded("MIRROR_UNWRITABLE", () => this.#artifact.holds(digest, orNever(undefined)));
  }

  async writeBlob(blob: Blob, path: string): Promise<void> {
    await this.#guarded("MIRROR_UNWRITABLE", async () => {
      if (blob.bytes > MAX_PUSHED_BYTES) {
        throw new AdvisoryError(
          "MIRROR_UNWRITABLE",
          `a shard of ${blob.bytes} bytes is too long for a registry`,
        );
      }
      await this.#artifact.writePart(blob.digest, await readFile(path), orNever(undefined));
    });
  }

  /** Registries remove by themselves what no manifest names. */
  async writeManifest(text: string, kept: readonly Blob[]): Promise<void> {
    await this.#guarded("MIRROR_UNWRITABLE", async () => {
      const bytes = Buffer.from(text);
      const digest = parseDigest(`sha256:${createHash("sha256").update(bytes).digest("hex")}`);
      await this.#artifact.writePart(digest, bytes, orNever(undefined));
      const distinct = new Map(kept.map((blob) => [blob.digest, blob]));
      const blobs = [...distinct.values()].slice(0, MAX_PARTS).map(partOf);
      const parts = [{ mediaType: MANIFEST_TYPE, digest, size: bytes.length }, ...blobs];
      await this.#artifact.write(ARTIFACT_TYPE, parts, orNever(undefined));
    });
  }

  async *#translated(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      yield* chunks;
    } catch (thrown) {
      throw this.#failure(thrown, "MIRROR_UNREACHABLE");
    }
  }

  async #guarded<T>(otherwise: AdvisoryErrorCode, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (thrown) {
      throw this.#failure(thrown, otherwise);
    }
  }

  #failure(thrown: unknown, otherwise: AdvisoryErrorCode): unknown {
    if (!(thrown instanceof OciError)) return thrown;
    const code = codes[thrown.code] ?? otherwise;
    const what = `the mirror ${JSON.stringify(this.location)} fails: ${thrown.message}`;
    return new AdvisoryError(code, what, { cause: thrown });
  }
}

/** What else a registry says is that it cannot be asked, or be written to. */
const codes: Partial<Record<OciErrorCode, AdvisoryErrorCode>> = {
  ABORTED: "BUILD_ABORTED",
  DIGEST_MISMATCH: "MIRROR_DAMAGED",
  IMAGE_MALFORMED: "MIRROR_MALFORMED",
  IMAGE_NOT_FOUND: "MIRROR_MISSING",
  IMAGE_UNREADABLE: "MIRROR_MISSING",
};

function partOf({ digest, bytes }: Blob): ArtifactPart {
  return { mediaType: BLOB_TYPE, digest, size: bytes };
}

function orNever(signal: AbortSignal | undefined): AbortSignal {
  return signal ?? new AbortController().signal;
}
