/** So many batches of records a second leave a server of two cores half of its time for people. */
const BATCHES_PER_SECOND = 500;
/** Agents look for new records so often by themselves. */
const UNASKED_MS = 500;
/** However many hosts there are: people are to see on the same page what happened a moment ago. */
const MAX_COLLECT_MS = 10_000;
/** A host that has sent nothing for one to two such times is not counted any more. */
const FORGET_MS = 60_000;

/** Says how long hosts are to collect their records, by how many of them send some. */
export class CollectPace {
  /** Milliseconds since 1970. */
  readonly #now: () => number;
  #before: ReadonlySet<string> = new Set();
  #heard = new Set<string>();
  #since: number;

  constructor(now: () => number) {
    this.#now = now;
    this.#since = now();
  }

  /** Hears that a host sends, and gives how long it is to collect, in milliseconds; undefined for not at all. */
  hear(host: string): number | undefined {
    const age = this.#now() - this.#since;
    if (age >= FORGET_MS) {
      this.#before = age < 2 * FORGET_MS ? this.#heard : new Set();
      this.#heard = new Set();
      this.#since = this.#now();
    }
    this.#heard.add(host);
    const { betweenMs } = this;
    return betweenMs > UNASKED_MS ? betweenMs : undefined;
  }

  /** How long is between two times that a host sends records which has some all the time, in milliseconds. */
  get betweenMs(): number {
    const hosts = Math.max(this.#before.size, this.#heard.size);
    const collectMs = Math.min(Math.round((hosts / BATCHES_PER_SECOND) * 1000), MAX_COLLECT_MS);
    return Math.max(collectMs, UNASKED_MS);
  }
}
