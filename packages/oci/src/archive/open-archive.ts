import { ArchiveError, readBounded } from "@pratique/archive";
import { messageOf } from "@pratique/core";
import { OciError } from "../errors.ts";
import type { LayerSource } from "../layer-index/layer-source.ts";
import { defaultReadLimits } from "../layer-index/read-limits.ts";
import { openLayers } from "../layers/open-layers.ts";
import { tarLayer } from "../layers/tar-layer.ts";
import { type ReadDocument, type SelectedImage, selectImage, splitName } from "../select-image.ts";
import type { ImageFacts, OpenedImage, OpenOptions } from "../source.ts";
import { type ArchiveFile, type ArchiveParts, openArchiveFile } from "./archive-file.ts";
import { openArchiveStream } from "./archive-stream.ts";

/** What is read where an archive has both. */
type Prefer = "docker" | "oci";

/**
 * Opens `FILE` or `FILE:NAME`, an image archive of either kind. Where the archive itself is not compressed only
 * its headers are read; else it is read as a stream, and its facts come with the tree.
 */
export async function openArchive(value: string, options: OpenOptions, prefer: Prefer): Promise<OpenedImage> {
  const { path, name } = splitName(value);
  const file = await openArchiveFile(path);
  try {
    const facts = { reference: value };
    if (file.compression === "none") return await openPlain(file, { name, prefer, facts, options });
    return openArchiveStream({
      facts: { ...facts, layers: [] },
      open: (signal) => file.chunks(signal),
      name,
      prefer,
      options,
      close: () => file.close(),
    });
  } catch (thrown) {
    await file.close();
    throw thrown;
  }
}

interface PlainOptions {
  readonly name: string | undefined;
  readonly prefer: Prefer;
  readonly facts: Pick<ImageFacts, "reference">;
  readonly options: OpenOptions;
}

async function openPlain(
  file: ArchiveFile,
  { name, prefer, facts, options }: PlainOptions,
): Promise<OpenedImage> {
  const parts = await file.listParts(options.signal);
  const maxBytes = options.limits?.documentBytes ?? defaultReadLimits.documentBytes;
  const read = documentReader({
    file,
    parts,
    maxBytes,
    signal: options.signal ?? new AbortController().signal,
  });
  const selected = await selectImage(read, { name, prefer, platform: options.platform });
  return openLayers({
    facts: { ...facts, ...selected.facts },
    layers: selected.layers.map((layer) => layerOf(file, parts, layer)),
    options,
    close: () => file.close(),
  });
}

interface DocumentReaderOptions {
  readonly file: ArchiveFile;
  readonly parts: ArchiveParts;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

function documentReader({ file, parts, maxBytes, signal }: DocumentReaderOptions): ReadDocument {
  return async (path) => {
    const part = parts.find(path);
    if (part === undefined) return undefined;
    try {
      return await readBounded(copies(file.chunks(signal, part)), maxBytes);
    } catch (cause) {
      if (!(cause instanceof ArchiveError)) throw cause;
      throw new OciError("LIMIT_REACHED", `${JSON.stringify(path)} is too long: ${messageOf(cause)}`, {
        cause,
      });
    }
  };
}

/** The memory of the chunks of a file is used anew while it is read. */
async function* copies(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  for await (const chunk of chunks) yield Uint8Array.from(chunk);
}

function layerOf(
  file: ArchiveFile,
  parts: ArchiveParts,
  { path, facts }: SelectedImage["layers"][number],
): LayerSource {
  const part = parts.find(path);
  if (part === undefined) {
    throw new OciError(
      "IMAGE_MALFORMED",
      `expected the layer ${JSON.stringify(path)} in the archive, found nothing`,
    );
  }
  return tarLayer({
    facts: { sizeBytes: part.size, ...facts },
    open: (signal) => file.chunks(signal, part),
    openSeekable: () => file.seekable(part),
  });
}
