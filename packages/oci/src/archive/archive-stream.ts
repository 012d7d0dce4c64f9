import type { FilePattern } from "@pratique/core";
import { OciError } from "../errors.ts";
import { compileMatcher } from "../layer-index/matcher.ts";
import { Reading } from "../layer-index/reading.ts";
import type { TarIndex } from "../layers/tar-index.ts";
import { type SelectedImage, selectImage } from "../select-image.ts";
import type { ImageFacts, ImageTree, OpenedImage, OpenOptions, ReadOptions } from "../source.ts";
import { findMissing } from "../tree/missing-files.ts";
import { squash } from "../tree/squash.ts";
import { treeOf } from "../tree/squashed-tree.ts";
import { withPaths } from "../tree/with-paths.ts";
import { type ArchivePass, runArchivePass } from "./archive-pass.ts";

/** Each pass reads the whole archive: no more than the links of real images need. */
const MAX_PASSES = 3;

export interface ArchiveStreamOptions {
  /** What is known beforehand, as from the engine's inspect; an image id is checked against what arrives. */
  readonly facts: ImageFacts;
  /** Opens the archive's bytes, as `docker save` writes them; may be called again. */
  open(signal: AbortSignal): AsyncIterable<Uint8Array> | Promise<AsyncIterable<Uint8Array>>;
  readonly options: OpenOptions;
  /** Which of several images is meant. */
  readonly name?: string | undefined;
  /** What is read where there are both; `docker` where absent. */
  readonly prefer?: "docker" | "oci";
  close?(): Promise<void>;
}

/**
 * An image archive (docker save, or an OCI layout in a tar) that arrives as a stream and is never spooled:
 * layers are indexed as they pass, and put in order when the manifest has come.
 */
export function openArchiveStream(options: ArchiveStreamOptions): OpenedImage {
  const reference = options.options.reference ?? options.facts.reference;
  const archive = { ...options, facts: { ...options.facts, reference } };
  return {
    ...archive.facts,
    readTree: (patterns, more = {}) => readStream(archive, patterns, { ...archive.options, ...more }),
    close: async () => archive.close?.(),
  };
}

async function readStream(
  archive: ArchiveStreamOptions,
  patterns: readonly FilePattern[],
  options: ReadOptions,
): Promise<ImageTree> {
  const reading = new Reading(options);
  return reading.run(() => readPasses(archive, patterns, reading));
}

async function readPasses(
  archive: ArchiveStreamOptions,
  patterns: readonly FilePattern[],
  reading: Reading,
): Promise<ImageTree> {
  const matcher = compileMatcher(patterns);
  let wanted = matcher;
  for (let count = 1; ; count += 1) {
    reading.startOver();
    const pass = await runArchivePass(await archive.open(reading.signal), wanted, reading);
    const selected = await select(archive, pass);
    const tarIndexes = selected.layers.map((layer) => checkedLayer(pass, layer));
    const indexes = tarIndexes.map(({ index }) => index);
    const stack = indexes.map((index) => ({ index, layer: index.diffId }));
    const squashed = squash(stack, { hasher: reading.hasher, maxSteps: reading.limits.steps });
    const missing = findMissing(squashed, indexes, { asked: matcher, wanted });
    const paths = [...missing.paths, ...tarIndexes.flatMap((layer) => layer.missing)];
    if ((paths.length === 0 && missing.under.length === 0) || count === MAX_PASSES) {
      const layers = selected.layers.map(({ facts }) => facts);
      return treeOf({ squashed, indexes, matcher, facts: { ...archive.facts, ...selected.facts, layers } });
    }
    wanted = withPaths(wanted, paths, missing.under);
  }
}

async function select(
  { facts, name, prefer = "docker", options }: ArchiveStreamOptions,
  pass: ArchivePass,
): Promise<SelectedImage> {
  const { platform } = options;
  const selected = await selectImage(async (path) => pass.document(path), { name, prefer, platform });
  const { imageId } = selected.facts;
  if (facts.imageId !== undefined && facts.imageId !== imageId) {
    throw new OciError("DIGEST_MISMATCH", `expected the image ${facts.imageId}, found ${imageId}`);
  }
  return selected;
}

/** The layer's blob was checked against the name under which it lies while it passed; the rest is checked here. */
function checkedLayer(pass: ArchivePass, { path, facts }: SelectedImage["layers"][number]): TarIndex {
  const { tarIndex, sizeBytes } = pass.layer(path);
  const { diffId } = tarIndex.index;
  if (facts.diffId !== undefined && facts.diffId !== diffId) {
    throw new OciError("DIGEST_MISMATCH", `expected the layer ${facts.diffId}, found ${diffId}`);
  }
  if (facts.sizeBytes !== undefined && facts.sizeBytes !== sizeBytes) {
    throw new OciError("DIGEST_MISMATCH", `expected a layer of ${facts.sizeBytes} bytes, found ${sizeBytes}`);
  }
  return tarIndex;
}
