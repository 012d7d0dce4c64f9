import type { FilePattern } from "@pratique/core";
import { OciError } from "../errors.ts";
import { forEachBounded } from "../for-each-bounded.ts";
import type { LayerIndex } from "../layer-index/layer-index.ts";
import { indexThroughCache } from "../layer-index/layer-index-cache.ts";
import type { LayerSource } from "../layer-index/layer-source.ts";
import { compileMatcher, type Matcher } from "../layer-index/matcher.ts";
import { Reading } from "../layer-index/reading.ts";
import type { ImageFacts, ImageTree, OpenedImage, OpenOptions } from "../source.ts";
import { findMissing } from "../tree/missing-files.ts";
import { type Squashed, squash } from "../tree/squash.ts";
import { treeOf } from "../tree/squashed-tree.ts";
import { withPaths } from "../tree/with-paths.ts";

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
export function openLayers(opened: OpenLayersOptions): OpenedImage {
  const layerFacts = opened.unlayered === true ? [] : opened.layers.map((layer) => layer.facts);
  const reference = opened.options.reference ?? opened.facts.reference;
  const facts = { ...opened.facts, reference, layers: layerFacts };
  return {
    ...facts,
    readTree: async (patterns, more = {}) => {
      const reading = new Reading({ ...opened.options, ...more }, totalBytes(opened.layers));
      return reading.run(() => readLayers(opened, { reading, patterns, facts }));
    },
    close: async () => opened.close?.(),
  };
}

interface ReadLayersOptions {
  readonly reading: Reading;
  readonly patterns: readonly FilePattern[];
  readonly facts: ImageFacts;
}

async function readLayers(
  { layers, unlayered = false }: OpenLayersOptions,
  { reading, patterns, facts }: ReadLayersOptions,
): Promise<ImageTree> {
  if (layers.length > reading.limits.layers) {
    throw new OciError("LIMIT_REACHED", `the image has more than ${reading.limits.layers} layers`);
  }
  const matcher = compileMatcher(patterns);
  const { squashed, indexes } = await indexAll(layers, { reading, matcher, unlayered });
  return treeOf({ squashed, indexes, matcher, facts });
}

interface IndexedLayers {
  readonly squashed: Squashed;
  readonly indexes: readonly LayerIndex[];
}

interface IndexAllOptions {
  readonly reading: Reading;
  readonly matcher: Matcher;
  readonly unlayered: boolean;
}

/** Reads all layers; then those again in which a link has found something that was not kept. */
async function indexAll(
  layers: readonly LayerSource[],
  { reading, matcher, unlayered }: IndexAllOptions,
): Promise<IndexedLayers> {
  const indexes: LayerIndex[] = [];
  let wanted = matcher;
  let positions: ReadonlySet<number> = new Set(layers.keys());
  for (let round = 1; ; round += 1) {
    await forEachBounded(longestFirst(positions, layers), CONCURRENT_LAYERS, async (position) => {
      const layer = layers[position];
      if (layer === undefined) return;
      // A small layer is read in one go and would never look.
      reading.signal.throwIfAborted();
      const context = reading.context(position === 0);
      context.release(indexes[position]?.heldBytes ?? 0);
      const cache = reading.layerIndexes;
      indexes[position] = await indexThroughCache(layer, { matcher: wanted, context, cache });
    });
    const stack = indexes.map((index, position) => ({
      index,
      layer: unlayered ? undefined : (index.diffId ?? layers[position]?.facts.diffId),
    }));
    const squashed = squash(stack, { hasher: reading.hasher, maxSteps: reading.limits.steps });
    const missing = findMissing(squashed, indexes, { asked: matcher, wanted });
    if (missing.positions.size === 0 || round === MAX_ROUNDS) return { squashed, indexes };
    wanted = withPaths(wanted, missing.paths, missing.under);
    positions = missing.positions;
  }
}

/** The longest layer is often most of an image: begun last, it would end alone. */
function longestFirst(positions: Iterable<number>, layers: readonly LayerSource[]): readonly number[] {
  const sizeOf = (position: number): number => layers[position]?.facts.sizeBytes ?? 0;
  return [...positions].sort((left, right) => sizeOf(right) - sizeOf(left));
}

function totalBytes(layers: readonly LayerSource[]): number | undefined {
  let total = 0;
  for (const { facts } of layers) {
    if (facts.sizeBytes === undefined) return undefined;
    total += facts.sizeBytes;
  }
  return total;
}
