import { createHash } from "node:crypto";
import { ArchiveError, decompress, TarParser, type TarVisitor } from "@pratique/archive";
import { MiB } from "@pratique/core";
import { type ArchiveFile, openArchiveFile } from "../../archive/archive-file.ts";
import { entryPath } from "../../archive/archive-links.ts";
import { OciError } from "../../errors.ts";
import { defaultReadLimits } from "../../layer-index/read-limits.ts";
import { layerError } from "../../layers/layer-error.ts";
import { type AciManifest, parseAciManifest } from "./aci-manifest.ts";

const MAX_MANIFEST_BYTES = 8 * MiB;
const MAX_ENTRIES = defaultReadLimits.layerEntries;

/** An open App Container Image. */
export interface AciFile {
  readonly path: string;
  readonly file: ArchiveFile;
  readonly manifest: AciManifest;
}

/** Opens an image and reads its manifest, which lies before or behind the root. */
export async function openAciFile(path: string, signal: AbortSignal): Promise<AciFile> {
  const file = await openArchiveFile(path);
  try {
    return { path, file, manifest: parseAciManifest(await readManifest(file, path, signal)) };
  } catch (thrown) {
    await file.close();
    throw layerError(thrown);
  }
}

/** The image id: the hash of the uncompressed archive (appc spec, aci.md, "Image ID"). */
export async function aciImageId({ file }: AciFile, signal: AbortSignal): Promise<string> {
  const hash = createHash("sha512");
  try {
    for await (const chunk of decompress(file.chunks(signal), {
      bytes: defaultReadLimits.layerBytes,
      transient: true,
    })) {
      signal.throwIfAborted();
      hash.update(chunk);
    }
  } catch (thrown) {
    throw layerError(thrown);
  }
  return `sha512-${hash.digest("hex")}`;
}

async function readManifest(file: ArchiveFile, path: string, signal: AbortSignal): Promise<Uint8Array> {
  const finder = new ManifestFinder();
  const parser = new TarParser(finder, { entries: MAX_ENTRIES, bytes: defaultReadLimits.layerBytes });
  for await (const chunk of decompress(file.chunks(signal), { bytes: defaultReadLimits.layerBytes })) {
    signal.throwIfAborted();
    parser.write(chunk);
    if (finder.found !== undefined) return finder.found;
  }
  parser.end();
  throw new OciError(
    "IMAGE_MALFORMED",
    `expected a file "manifest" in ${JSON.stringify(path)}, found nothing`,
  );
}

class ManifestFinder implements TarVisitor {
  found: Uint8Array | undefined;
  #bytes = Buffer.alloc(0);
  #filled = 0;

  entry({ name, kind, size }: Parameters<TarVisitor["entry"]>[0]): boolean {
    if (this.found !== undefined || kind !== "file" || entryPath(name) !== "manifest") return false;
    if (size > MAX_MANIFEST_BYTES) {
      throw new ArchiveError("LIMIT_REACHED", `the manifest is longer than ${MAX_MANIFEST_BYTES} bytes`);
    }
    this.#bytes = Buffer.alloc(size);
    return true;
  }

  content(bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.#filled);
    this.#filled += bytes.length;
  }

  contentEnd(): void {
    this.found = this.#bytes;
  }
}
