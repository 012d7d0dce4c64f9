import { createHash } from "node:crypto";
import type { Digest } from "@pratique/core";
import type { Inspector, LayerIndex } from "./layer-index.ts";
import type { LayerContext, LayerSource } from "./layer-source.ts";
import type { Matcher } from "./matcher.ts";
import type { PathHasher } from "./path-hashes.ts";

/** What an index is kept under. */
export interface LayerIndexKey {
  /** Of the uncompressed bytes. */
  readonly diffId: Digest;
  /** Stands for all that decides what an index holds; 64 hexadecimal digits. */
  readonly text: string;
}

/**
 * Keeps what reading a layer gave, so that a layer that many images share is read once for all of them. May lose
 * anything at any time. Only what was verified against the digests in its key may be put here.
 */
export interface LayerIndexCache {
  /** The one with which all indexes here were made, and those that are laid over them have to be. */
  readonly hasher: PathHasher;
  get(key: LayerIndexKey, inspectors: readonly Inspector[]): Promise<LayerIndex | undefined>;
  put(key: LayerIndexKey, index: LayerIndex, inspectors: readonly Inspector[]): Promise<void>;
  /** Waits until nobody else is at the key; whoever has it gives it back. Rejects when the signal comes. */
  hold(key: LayerIndexKey, signal: AbortSignal): Promise<Disposable>;
}

interface IndexThroughCacheOptions {
  readonly matcher: Matcher;
  readonly context: LayerContext;
  readonly cache: LayerIndexCache | undefined;
}

/** The index of a layer: the one that is kept, or else a new one, which is kept where it may be. */
export async function indexThroughCache(
  layer: LayerSource,
  { matcher, context, cache }: IndexThroughCacheOptions,
): Promise<LayerIndex> {
  const key = cache === undefined ? undefined : keyOf(layer, matcher, context);
  if (cache === undefined || key === undefined) return layer.index(matcher, context);
  using _ = await cache.hold(key, context.signal);
  const known = await cache.get(key, matcher.allInspectors);
  if (known?.diffId === key.diffId && takes(known, context)) {
    context.progress(layer.facts.sizeBytes ?? 0);
    return known;
  }
  // What is kept for others must not wait for files that they do not have.
  const index = await layer.index(matcher, { ...context, mayPostpone: () => false });
  if (mayBeKept(index, layer)) await cache.put(key, index, matcher.allInspectors);
  return index;
}

/**
 * All that decides what an index holds; patterns tell the revision of who looks into texts. Both digests are in it: under one of them alone, whoever writes a
 * configuration could name a layer that is known and ship another one. Undefined where a digest is not known.
 */
function keyOf(
  { facts: { digest, diffId, sizeBytes } }: LayerSource,
  { patterns }: Matcher,
  { limits }: LayerContext,
): LayerIndexKey | undefined {
  if (digest === undefined || diffId === undefined || sizeBytes === undefined) return undefined;
  const all = JSON.stringify([digest, diffId, sizeBytes, limits, patterns]);
  return { diffId, text: createHash("sha256").update(all).digest("hex") };
}

/** Takes from the reading what the index needs. False: not enough is left, and reading anew tells what is missing. */
function takes(index: LayerIndex, context: LayerContext): boolean {
  if (!context.hold(index.heldBytes)) return false;
  for (let count = index.entries.length + index.whiteouts.length; count > 0; count -= 1) context.keepEntry();
  return true;
}

/** What could not be read today may be readable tomorrow; and only the right bytes may answer for a digest. */
function mayBeKept(index: LayerIndex, { facts }: LayerSource): boolean {
  return index.verified && index.failures.length === 0 && index.diffId === facts.diffId;
}
