/** So many batches of records a second leave a server of two cores half of its time for people. */
const MOST_BATCHES_PER_SECOND = 500;
/** A slow machine takes fewer of them, and larger ones, but not ever fewer: something else keeps it busy then. */
const LEAST_BATCHES_PER_SECOND = 200;
/** Agents look for new records so often by themselves. */
const UNASKED_MS = 500;
/** However many hosts there are: people are to see on the same page what happened a moment ago. */
const MAX_COLLECT_MS = 10_000;
/** A host that has sent nothing for one to two such times is not counted any more. */
const FORGET_MS = 60_000;
/** How busy the server was is looked at so often: about as long as hosts take to hear what came of the last time. */
const LOOK_EVERY_MS = 5_000;
/** Of the time of the thread that answers. Between the two, the pace stays as it is. */
const TOO_BUSY = 0.6;
const IDLE_ENOUGH = 0.45;
const SLOWER = 0.85;
const FASTER = 1.1;

export interface CollectPaceOptions {
  /** Milliseconds of a clock that never turns back. */
  readonly elapsedMs: () => number;
  /** For what share of the time since it was last asked the thread that answers was at work, from 0 to 1. */
  readonly busy: () => number;
}

/** Says how long hosts are to collect their records, by how many of them send some and how busy the server is. */
export class CollectPace {
  readonly #options: CollectPaceOptions;
  #before: ReadonlySet<string> = new Set();
  #heard = new Set<string>();
  #since: number;
  #batchesPerSecond = MOST_BATCHES_PER_SECOND;
  #lookedAt: number;

  constructor(options: CollectPaceOptions) {
    this.#options = options;
    this.#since = options.elapsedMs();
    this.#lookedAt = this.#since;
  }

  /** Hears that a host sends, and gives how long it is to collect, in milliseconds; undefined for not at all. */
  hear(host: string): number | undefined {
    const now = this.#options.elapsedMs();
    const age = now - this.#since;
    if (age >= FORGET_MS) {
      this.#before = age < 2 * FORGET_MS ? this.#heard : new Set();
      this.#heard = new Set();
      this.#since = now;
    }
    this.#heard.add(host);
    if (now - this.#lookedAt >= LOOK_EVERY_MS) this.#look(now);
    const { betweenMs } = this;
    return betweenMs > UNASKED_MS ? betweenMs : undefined;
  }

  /** How long is between two times that a host sends records which has some all the time, in milliseconds. */
  get betweenMs(): number {
    const hosts = Math.max(this.#before.size, this.#heard.size);
    const collectMs = Math.min(Math.round((hosts / this.#batchesPerSecond) * 1000), MAX_COLLECT_MS);
    return Math.max(collectMs, UNASKED_MS);
  }

  #look(now: number): void {
    this.#lookedAt = now;
    const busy = this.#options.busy();
    if (busy > TOO_BUSY) {
      this.#batchesPerSecond = Math.max(this.#batchesPerSecond * SLOWER, LEAST_BATCHES_PER_SECOND);
    } else if (busy < IDLE_ENOUGH) {
      this.#batchesPerSecond = Math.min(this.#batchesPerSecond * FASTER, MOST_BATCHES_PER_SECOND);
    }
  }
}
