/** Something that is kept for a while. */
export interface Kept {
  /** What it takes of memory. */
  readonly bytes: number;
  /** When the last of it happened: CLOCK_BOOTTIME in nanoseconds. */
  readonly untilNs: number;
}

export interface RecentByContainerOptions {
  /** Of one container. */
  readonly maxBytes: number;
  /** Of all together. */
  readonly maxTotalBytes: number;
  /** How long something is kept. */
  readonly forMs: number;
}

interface Shelf<Item> {
  items: Item[];
  bytes: number;
}

/** Who has too much loses so much at once, so that not each that is kept moves all others. */
const LOST_AT_ONCE = 1 / 8;

/**
 * The latest of each container, in bounded memory, oldest first. What is too old goes; a container that has too much
 * loses its own oldest; and where all together have too much, the one that has most loses some, so that a busy one
 * costs no quiet one what it has.
 */
export class RecentByContainer<Item extends Kept> {
  readonly #options: RecentByContainerOptions;
  /** Whoever was quiet for longest is first. */
  readonly #shelves = new Map<string, Shelf<Item>>();
  #bytes = 0;

  constructor(options: RecentByContainerOptions) {
    this.#options = options;
  }

  /** What all that is kept takes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The containers of which something is kept; the one that was quiet for longest first. */
  containers(): Iterable<string> {
    return this.#shelves.keys();
  }

  of(containerId: string): readonly Item[] {
    return this.#shelves.get(containerId)?.items ?? [];
  }

  latest(containerId: string): Item | undefined {
    return this.#shelves.get(containerId)?.items.at(-1);
  }

  keep(containerId: string, item: Item): void {
    const { maxBytes, maxTotalBytes } = this.#options;
    const shelf = this.#shelves.get(containerId) ?? { items: [], bytes: 0 };
    this.#shelves.delete(containerId);
    this.#shelves.set(containerId, shelf);
    shelf.items.push(item);
    shelf.bytes += item.bytes;
    this.#bytes += item.bytes;
    this.#dropOld(shelf, item.untilNs);
    while (shelf.bytes > maxBytes) this.#thin(shelf);
    while (this.#bytes > maxTotalBytes) this.#makeRoom(item.untilNs);
  }

  #dropOld(shelf: Shelf<Item>, nowNs: number): void {
    const { items } = shelf;
    let count = 0;
    while (count < items.length - 1 && this.#isOld(items[count], nowNs)) count += 1;
    if (count > 0) this.#drop(shelf, count);
  }

  #makeRoom(nowNs: number): void {
    let largest: Shelf<Item> | undefined;
    for (const [id, shelf] of this.#shelves) {
      if (this.#isOld(shelf.items.at(-1), nowNs)) {
        this.#drop(shelf, shelf.items.length);
        this.#shelves.delete(id);
        return;
      }
      if (largest === undefined || shelf.bytes > largest.bytes) largest = shelf;
    }
    if (largest !== undefined) this.#thin(largest);
  }

  #isOld(item: Item | undefined, nowNs: number): boolean {
    return item === undefined || item.untilNs < nowNs - this.#options.forMs * 1e6;
  }

  #thin(shelf: Shelf<Item>): void {
    const { items } = shelf;
    const wanted = shelf.bytes * LOST_AT_ONCE;
    let count = 0;
    for (let bytes = 0; bytes < wanted && count < items.length; count += 1) bytes += items[count]?.bytes ?? 0;
    this.#drop(shelf, count);
  }

  #drop(shelf: Shelf<Item>, count: number): void {
    for (const { bytes } of shelf.items.slice(0, count)) {
      shelf.bytes -= bytes;
      this.#bytes -= bytes;
    }
    shelf.items = shelf.items.slice(count);
  }
}
