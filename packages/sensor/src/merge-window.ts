import type { WireRecord } from "./wire/record-reader.ts";

export interface MergeWindowOptions {
  /** How long a record may come after one that happened later. */
  readonly windowNs?: number;
  readonly maxRecords?: number;
}

/** A processor that is taken away from whoever writes a record holds up all that were written after it in its lane. */
const DEFAULT_WINDOW_NS = 20e6;
const DEFAULT_MAX_RECORDS = 65_536;

/**
 * Puts records of several lanes into the order of the kernel's time. Each lane is nearly in order; a lane that is read
 * later than another is late as a whole, by less than the window.
 */
export class MergeWindow {
  readonly windowNs: number;
  readonly #maxRecords: number;
  #pending: WireRecord[] = [];
  #releasedNs = 0;
  #late = 0;

  constructor({ windowNs, maxRecords }: MergeWindowOptions = {}) {
    this.windowNs = windowNs ?? DEFAULT_WINDOW_NS;
    this.#maxRecords = maxRecords ?? DEFAULT_MAX_RECORDS;
  }

  push(records: readonly WireRecord[]): void {
    for (const record of records) {
      if (record.timeNs < this.#releasedNs) this.#late += 1;
      this.#pending.push(record);
    }
  }

  get size(): number {
    return this.#pending.length;
  }

  /** Records that came after later ones had been given out. */
  get late(): number {
    return this.#late;
  }

  /** Gives the records that happened so long ago that nothing earlier is to come any more. */
  take(nowNs: number): readonly WireRecord[] {
    if (this.#pending.length === 0) return [];
    this.#pending.sort((left, right) => left.timeNs - right.timeNs);
    const horizonNs = nowNs - this.windowNs;
    let count = this.#pending.findIndex(({ timeNs }) => timeNs > horizonNs);
    if (count < 0) count = this.#pending.length;
    // A flood does not wait for its window: order is worth less than memory.
    count = Math.max(count, this.#pending.length - this.#maxRecords);
    const taken = this.#pending.slice(0, count);
    this.#pending = this.#pending.slice(count);
    this.#releasedNs = Math.max(this.#releasedNs, taken.at(-1)?.timeNs ?? 0);
    return taken;
  }
}
