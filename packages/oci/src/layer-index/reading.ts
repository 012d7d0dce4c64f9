import { messageOf } from "@pratique/core";
import { OciError } from "../errors.ts";
import type { ReadOptions } from "../source.ts";
import type { LayerIndexCache } from "./layer-index-cache.ts";
import type { LayerContext } from "./layer-source.ts";
import { PathHasher } from "./path-hashes.ts";
import { defaultReadLimits, type ReadLimits } from "./read-limits.ts";

/** Programs that wait to be looked into, and are kept until then; images have some thousand. Others are looked into at once. */
const MAX_POSTPONED = 20_000;

/** One reading of an image: what its layers may use together, and how it is given up. */
export class Reading {
  readonly limits: ReadLimits;
  readonly hasher: PathHasher;
  readonly layerIndexes: LayerIndexCache | undefined;
  readonly signal: AbortSignal;
  readonly #options: ReadOptions;
  readonly #totalBytes: number | undefined;
  readonly #stop = new AbortController();
  #held = 0;
  #entries = 0;
  #postponed = 0;
  #read = 0;

  constructor(options: ReadOptions, totalBytes?: number) {
    this.#options = options;
    this.#totalBytes = totalBytes;
    this.layerIndexes = options.layerIndexes;
    this.hasher = options.layerIndexes?.hasher ?? new PathHasher();
    this.limits = { ...defaultReadLimits, ...options.limits };
    const { signal } = options;
    this.signal = AbortSignal.any([this.#stop.signal, ...(signal === undefined ? [] : [signal])]);
  }

  /** What one layer is given. */
  context(lowest: boolean): LayerContext {
    return {
      signal: this.signal,
      limits: this.limits,
      hasher: this.hasher,
      lowest,
      verifyPlainLayers: this.#options.verifyPlainLayers ?? true,
      byRange: this.#options.byRange ?? false,
      hold: (bytes) => this.#hold(bytes),
      release: (bytes) => {
        this.#held -= bytes;
      },
      keepEntry: () => this.#keepEntry(),
      mayPostpone: () => this.#postponed < MAX_POSTPONED,
      postpone: () => {
        this.#postponed += 1;
      },
      progress: (bytes) => this.#progress(bytes),
    };
  }

  /** A second pass keeps everything anew. */
  startOver(): void {
    this.#held = 0;
    this.#entries = 0;
    this.#postponed = 0;
  }

  /** Does the reading. When a part of it fails the others stop; when the caller gives up, that is `ABORTED`. */
  async run<Result>(action: () => Promise<Result>): Promise<Result> {
    try {
      return await action();
    } catch (cause) {
      this.#stop.abort();
      const { signal } = this.#options;
      if (signal?.aborted !== true) throw cause;
      throw new OciError("ABORTED", `reading the image was given up: ${messageOf(signal.reason)}`, { cause });
    }
  }

  #hold(bytes: number): boolean {
    if (this.#held + bytes > this.limits.heldBytes) return false;
    this.#held += bytes;
    return true;
  }

  #keepEntry(): void {
    this.#entries += 1;
    if (this.#entries <= this.limits.keptEntries) return;
    const message = `the image has more than ${this.limits.keptEntries} directories, links and files that matter`;
    throw new OciError("LIMIT_REACHED", message);
  }

  #progress(bytes: number): void {
    this.#read += bytes;
    const total = this.#totalBytes;
    this.#options.onProgress?.({ readBytes: this.#read, ...(total !== undefined && { totalBytes: total }) });
  }
}
