import type { HeldLayerIndex, LayerIndexExchange, LayerIndexName } from "@pratique/oci";
import type { RegistryAnswer } from "@pratique/server";

type Ask = Extract<RegistryAnswer, { readonly kind: "hold-layer" | "free-layer" }>;

/**
 * Asks whoever started this process for what others have read of layers: it has the database, which nobody who reads
 * what strangers wrote is told of.
 */
export class AskedLayerIndexes implements LayerIndexExchange {
  /** The task that this process is at. */
  task = 0;
  readonly #send: (ask: Ask) => void;
  readonly #waiting = new Map<string, () => void>();

  constructor(send: (ask: Ask) => void) {
    this.#send = send;
  }

  async hold({ diffId, name }: LayerIndexName, signal: AbortSignal): Promise<HeldLayerIndex> {
    signal.throwIfAborted();
    const id = this.task;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.set(name, resolve);
    signal.addEventListener("abort", () => resolve(), { once: true });
    this.#send({ id, kind: "hold-layer", diffId, name });
    await promise;
    this.#waiting.delete(name);
    let isMade = false;
    const held = {
      made: () => {
        isMade = true;
      },
      [Symbol.dispose]: () => this.#send({ id, kind: "free-layer", name, made: isMade }),
    };
    if (!signal.aborted) return held;
    held[Symbol.dispose]();
    throw signal.reason;
  }

  /** Notes that it may go on with a layer. */
  through(name: string): void {
    this.#waiting.get(name)?.();
  }
}
