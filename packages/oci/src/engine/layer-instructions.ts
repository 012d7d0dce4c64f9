import { layerInstruction } from "@pratique/core";
import { type Engine, EngineError, type EngineImage } from "@pratique/engine";
import type { OpenOptions } from "../source.ts";
import { signalOf } from "./export-image.ts";

/** How an image was made, as far as its engine tells. */
export interface EngineHistory {
  /** What made the layers, lowest first; empty where it is not known. */
  readonly instructions: readonly string[];
  /** All steps, oldest first, with whatever stands in them. */
  readonly history?: readonly string[];
}

/**
 * What made the layers. The engine does not say which steps made none, but that a step wrote something:
 * where as many did as there are layers, they are the layers.
 */
export async function layerInstructions(
  engine: Engine,
  { id, diffIds }: EngineImage,
  options: OpenOptions,
): Promise<EngineHistory> {
  try {
    const steps = await engine.imageHistory(id, signalOf(options));
    const makers = steps.filter(({ sizeBytes }) => sizeBytes > 0).toReversed();
    const history = steps.map(({ createdBy }) => createdBy).toReversed();
    if (makers.length !== diffIds.length) return { instructions: [], history };
    return { instructions: makers.map(({ createdBy }) => layerInstruction(createdBy)), history };
  } catch (thrown) {
    options.signal?.throwIfAborted();
    // Who made a layer is good to know; the packages in it are what was asked for.
    if (thrown instanceof EngineError) return { instructions: [] };
    throw thrown;
  }
}
