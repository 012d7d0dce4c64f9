import type { LayerIndex } from "./layer-index.ts";
import type { Matcher } from "./matcher.ts";
import type { ReadLimits } from "./read-limits.ts";
import type { LayerFacts } from "./source.ts";

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
  /** Takes from the bytes that may be held in memory; false when they are used up. */
  hold(bytes: number): boolean;
  /** Reports bytes as they are stored or transferred. */
  progress(bytes: number): void;
  /** Something of lower layers lies at the path, so that opaqueness matters there. */
  readonly lowest: boolean;
}
