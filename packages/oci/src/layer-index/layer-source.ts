import type { LayerFacts } from "./layer-facts.ts";
import type { LayerIndex } from "./layer-index.ts";
import type { Matcher } from "./matcher.ts";
import type { PathHasher } from "./path-hashes.ts";
import type { ReadLimits } from "./read-limits.ts";

/** One layer that can be read. {@link tarLayer} and {@link directoryLayer} make them. */
export interface LayerSource {
  readonly facts: LayerFacts;
  /**
   * Reads the layer once. May be called again, with more wanted files, when a link turns out to point at
   * something that was not kept.
   */
  index(matcher: Matcher, context: LayerContext): Promise<LayerIndex>;
}

/** What one reading of an image shares between its layers. */
export interface LayerContext {
  readonly signal: AbortSignal;
  readonly limits: ReadLimits;
  readonly hasher: PathHasher;
  /** Plain layers are read whole for their digests, as {@link ReadOptions} says. */
  readonly verifyPlainLayers: boolean;
  /** Layers with a table of contents may be read in part, as {@link ReadOptions} says. */
  readonly byRange: boolean;
  /** Takes from what may be held in memory; false when it is used up. */
  hold(bytes: number): boolean;
  /** Gives back what was taken. */
  release(bytes: number): void;
  /** Takes from the entries that may be kept. Throws `LIMIT_REACHED` when they are used up. */
  keepEntry(): void;
  /** Whether one more program may be kept for those inspectors that may wait. */
  mayPostpone(): boolean;
  /** Takes from the programs that may be kept so. */
  postpone(): void;
  /** Reports bytes as they are stored or transferred. */
  progress(bytes: number): void;
  /** Nothing lies below the layer, so that what it would hide does not matter. */
  readonly lowest: boolean;
}
