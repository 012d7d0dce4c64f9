import { OciError } from "./errors.ts";
import type { ReadLimits } from "./read-limits.ts";
import type { ReadProgress } from "./source.ts";

export interface ReadBudgetOptions {
  readonly limits: ReadLimits;
  readonly total: number | undefined;
  readonly onProgress: ((progress: ReadProgress) => void) | undefined;
}

/** What the layers of one image may use together. */
export class ReadBudget {
  readonly #options: ReadBudgetOptions;
  #held = 0;
  #entries = 0;
  #read = 0;

  constructor(options: ReadBudgetOptions) {
    this.#options = options;
  }

  hold(bytes: number): boolean {
    if (this.#held + bytes > this.#options.limits.heldBytes) return false;
    this.#held += bytes;
    return true;
  }

  release(bytes: number): void {
    this.#held -= bytes;
  }

  keepEntry(): void {
    this.#entries += 1;
    if (this.#entries <= this.#options.limits.keptEntries) return;
    const { keptEntries } = this.#options.limits;
    throw new OciError("LIMIT_REACHED", `more than ${keptEntries} directories and links in the image`);
  }

  progress(bytes: number): void {
    this.#read += bytes;
    const { total, onProgress } = this.#options;
    onProgress?.({ readBytes: this.#read, ...(total !== undefined && { totalBytes: total }) });
  }
}
