import { layerInstruction } from "@pratique/core";
import { type Engine, EngineError, type EngineImage } from "@pratique/engine";
import type { OpenOptions } from "../source.ts";
import { signalOf } from "./export-image.ts";

/**
 * What made the layers, lowest first. The engine does not say which steps made none, but that a step wrote something:
 * where as many did as there are layers, they are the layers. Empty where it is not known.
 */
export async function layerInstructions(
  engine: Engine,
  { id, diffIds }: EngineImage,
  options: OpenOptions,
): Promise<readonly string[]> {
  try {
    const steps = await engine.imageHistory(id, signalOf(options));
    const makers = steps.filter(({ sizeBytes }) => sizeBytes > 0).toReversed();
    if (makers.length !== diffIds.length) return [];
    return makers.map(({ createdBy }) => layerInstruction(createdBy));
  } catch (thrown) {
    options.signal?.throwIfAborted();
    // Who made a layer is good to know; the packages in it are what was asked for.
    if (thrown instanceof EngineError) return [];
    throw thrown;
  }
}
