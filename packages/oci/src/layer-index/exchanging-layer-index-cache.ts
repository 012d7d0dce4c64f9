import type { FileLayerIndexCache } from "./file-layer-index-cache.ts";
import type { Inspector, LayerIndex } from "./layer-index.ts";
import type { LayerIndexCache, LayerIndexKey } from "./layer-index-cache.ts";

/** Which index is meant: a layer, and the name of a file of a {@link FileLayerIndexCache}. */
export interface LayerIndexName {
  readonly diffId: LayerIndexKey["diffId"];
  /** With another secret of path hashes, or another revision of what is looked for, it is another. */
  readonly name: string;
}

/** Brings the indexes that others have made, and takes them to others. May fail to at any time. */
export interface LayerIndexExchange {
  /**
   * Waits until an index is there or nobody else makes it. Where it is there, it is in the directory of the cache then;
   * where not, whoever was let through makes it. Rejects when the signal comes, and else never.
   */
  hold(index: LayerIndexName, signal: AbortSignal): Promise<HeldLayerIndex>;
}

/** Others wait until it is disposed of. */
export interface HeldLayerIndex extends Disposable {
  /** The index lies in the directory of the cache by now. */
  made(): void;
}

/**
 * A cache of files that exchanges what it keeps with others: what it does not have it asks for before it is made, and
 * what is made others may have.
 */
export class ExchangingLayerIndexCache implements LayerIndexCache {
  readonly hasher: LayerIndexCache["hasher"];
  readonly #files: FileLayerIndexCache;
  readonly #exchange: LayerIndexExchange;
  readonly #held = new Map<string, HeldLayerIndex>();

  constructor(files: FileLayerIndexCache, exchange: LayerIndexExchange) {
    this.hasher = files.hasher;
    this.#files = files;
    this.#exchange = exchange;
  }

  async get(key: LayerIndexKey, inspectors: readonly Inspector[]): Promise<LayerIndex | undefined> {
    return await this.#files.get(key, inspectors);
  }

  async put(key: LayerIndexKey, index: LayerIndex, inspectors: readonly Inspector[]): Promise<void> {
    await this.#files.put(key, index, inspectors);
    if (this.#files.has(key)) this.#held.get(key.text)?.made();
  }

  async hold(key: LayerIndexKey, signal: AbortSignal): Promise<Disposable> {
    using stack = new DisposableStack();
    stack.use(await this.#files.hold(key, signal));
    if (!this.#files.has(key)) {
      const index = { diffId: key.diffId, name: this.#files.nameOf(key) };
      const held = stack.use(await this.#exchange.hold(index, signal));
      this.#held.set(key.text, held);
      stack.defer(() => this.#held.delete(key.text));
    }
    return stack.move();
  }
}
