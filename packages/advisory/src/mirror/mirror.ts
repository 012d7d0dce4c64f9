import type { Digest } from "@pratique/core";
import type { Blob } from "./manifest.ts";

/** The name of the signed manifest in a mirror of files. */
export const MANIFEST_NAME = "manifest.json";

/** Where the blobs of a mirror of files lie, by their names. */
export const BLOBS = "blobs/sha256";

/** The name of a blob: the hexadecimal digits of its digest. */
export function blobName(digest: Digest): string {
  return digest.slice("sha256:".length);
}

/** The rest of a blob, from where it begins. */
export interface BlobRest {
  /** What was asked for, or 0 where the mirror gives the whole. */
  readonly offset: number;
  readonly chunks: AsyncIterable<Uint8Array>;
}

/**
 * A place where advisories are published.
 *
 * Contract: it gives what somebody put there, unchecked, and no more than the limits that it is given. All it throws is
 * `MIRROR_UNREACHABLE` where it cannot be asked, `MIRROR_MISSING` where it does not have it, `MIRROR_DAMAGED` where it gives
 * too much, and `BUILD_ABORTED`.
 */
export interface Mirror {
  /** As the user wrote it. */
  readonly location: string;
  /** The text of the signed manifest, at most `MAX_MANIFEST_BYTES` of it. */
  readManifest(signal?: AbortSignal): Promise<string>;
  /** A blob from an offset on. */
  readBlob(
    blob: Blob,
    options: { readonly offset: number; readonly signal?: AbortSignal | undefined },
  ): Promise<BlobRest>;
}

/** A mirror that can be written to. Throws `MIRROR_UNWRITABLE` besides. */
export interface WritableMirror extends Mirror {
  /** Whether a blob is there already; its bytes need not be looked at. */
  holds(blob: Blob): Promise<boolean>;
  /** Puts the file at `path` there under its digest, before any manifest names it. */
  writeBlob(blob: Blob, path: string): Promise<void>;
  /** Replaces the manifest. `kept` are the blobs that it and the one before name; others may be removed. */
  writeManifest(text: string, kept: readonly Blob[]): Promise<void>;
}
