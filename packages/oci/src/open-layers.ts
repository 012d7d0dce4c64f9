import type { FilePattern } from "@pratique/core";
import { messageOf } from "@pratique/core";
import { OciError } from "./errors.ts";
import { forEachBounded } from "./for-each-bounded.ts";
import type { LayerIndex } from "./layer-index.ts";
import type { LayerContext, LayerSource } from "./layer-source.ts";
import { compileMatcher, type Matcher } from "./matcher.ts";
import { findMissing } from "./missing-files.ts";
import { PathHasher } from "./path-hashes.ts";
import { ReadBudget } from "./read-budget.ts";
import { defaultReadLimits } from "./read-limits.ts";
import type { ImageFacts, ImageTree, OpenedImage, OpenOptions, ReadOptions } from "./source.ts";
import { type Squashed, squash } from "./squash.ts";
import { SquashedTree } from "./squashed-tree.ts";
import { withPaths } from "./with-paths.ts";

export interface OpenLayersOptions {
  /** All but the layers, which come from `layers`. */
  readonly facts: Omit<ImageFacts, "layers">;
  /** Lowest first. */
  readonly layers: readonly LayerSource[];
  readonly options: OpenOptions;
  /** The source is one tree, not a stack: its files carry no layer. */
  readonly unlayered?: boolean;
  close?(): Promise<void>;
}

/** Layers that are read at the same time: unpacking runs in the thread pool, hashing on the main thread. */
const CONCURRENT_LAYERS = 2;
/** A file that is found by a link may be a link again. */
const MAX_ROUNDS = 3;

/** An opened image over layers that can be read: what most sources end with. */
export function openLayers({
  facts,
  layers,
  options,
  unlayered = false,
  close,
}: OpenLayersOptions): OpenedImage {
  const layerFacts = unlayered ? [] : layers.map((layer) => layer.facts);
  return {
    ...facts,
    layers: layerFacts,
    readTree: (patterns, more = {}) =>
      readLayers({
        layers,
        patterns,
        facts: { ...facts, layers: layerFacts },
        options: { ...options, ...more },
        unlayered,
      }),
    close: async () => close?.(),
  };
}

interface ReadLayersOptions {
  readonly layers: readonly LayerSource[];
  readonly patterns: readonly FilePattern[];
  readonly facts: ImageFacts;
  readonly options: ReadOptions;
  readonly unlayered: boolean;
}

async function readLayers({
  layers,
  patterns,
  facts,
  options,
  unlayered,
}: ReadLayersOptions): Promise<ImageTree> {
  const limits = { ...defaultReadLimits, ...options.limits };
  if (layers.length > limits.layers) {
    throw new OciError("LIMIT_REACHED", `the image has ${layers.length} layers, more than ${limits.layers}`);
  }
  const total = totalBytes(layers);
  const budget = new ReadBudget({ limits, total, onProgress: options.onProgress });
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  const hasher = new PathHasher();
  const contexts = layers.map(
    (_, position): LayerContext => ({
      signal,
      limits,
      hasher,
      lowest: position === 0,
      hold: (bytes) => budget.hold(bytes),
      release: (bytes) => budget.release(bytes),
      keepEntry: () => budget.keepEntry(),
      progress: (bytes) => budget.progress(bytes),
    }),
  );
  try {
    const asked = compileMatcher(patterns);
    return treeOf(await indexAll(layers, { contexts, hasher, asked, unlayered }), asked, facts);
  } catch (cause) {
    stop.abort();
    if (options.signal?.aborted !== true) throw cause;
    throw new OciError("ABORTED", `reading the image was given up: ${messageOf(options.signal.reason)}`, {
      cause,
    });
  }
}

interface IndexedImage {
  readonly squashed: Squashed;
  readonly indexes: readonly LayerIndex[];
}

/** Reads all layers; then those again in which a link has found something that was not kept. */
async function indexAll(layers: readonly LayerSource[], options: IndexAllOptions): Promise<IndexedImage> {
  const { contexts, hasher, asked, unlayered } = options;
  const indexes: LayerIndex[] = [];
  let wanted = asked;
  let positions: ReadonlySet<number> = new Set(layers.keys());
  for (let round = 1; ; round += 1) {
    await forEachBounded([...positions], CONCURRENT_LAYERS, async (position) => {
      const layer = layers[position];
      const context = contexts[position];
      if (layer !== undefined && context !== undefined)
        indexes[position] = await layer.index(wanted, context);
    });
    const squashed = squash(
      indexes.map((index, position) => ({
        index,
        layer: unlayered ? undefined : (index.diffId ?? layers[position]?.facts.diffId),
      })),
      hasher,
    );
    const missing = findMissing(squashed, indexes, { asked, wanted });
    if (missing.positions.size === 0 || round === MAX_ROUNDS) return { squashed, indexes };
    wanted = withPaths(wanted, missing.paths, missing.under);
    positions = missing.positions;
  }
}

interface IndexAllOptions {
  readonly contexts: readonly LayerContext[];
  readonly hasher: PathHasher;
  readonly asked: Matcher;
  readonly unlayered: boolean;
}

function treeOf({ squashed, indexes }: IndexedImage, matcher: Matcher, facts: ImageFacts): ImageTree {
  const failures = indexes.flatMap((index) => index.failures);
  const sizeBytes = indexes.reduce((sum, index) => sum + index.sizeBytes, 0);
  const layers = facts.layers.map((layer, position) => {
    const diffId = indexes[position]?.diffId ?? layer.diffId;
    return { ...layer, ...(diffId !== undefined && { diffId }) };
  });
  return new SquashedTree({ squashed, matcher, failures, facts: { ...facts, layers }, sizeBytes });
}

function totalBytes(layers: readonly LayerSource[]): number | undefined {
  let total = 0;
  for (const { facts } of layers) {
    if (facts.sizeBytes === undefined) return undefined;
    total += facts.sizeBytes;
  }
  return total;
}
