import { SealingError } from "./errors.ts";
import type { KeyRecord, KeyRecordStore, KeyUse } from "./key-record.ts";

export interface KeyRecordsOptions {
  readonly store: KeyRecordStore;
  readonly now: () => Date;
  readonly freshMs: number;
}

/** What the store said last, believed for `freshMs`. */
export class KeyRecords {
  readonly #store: KeyRecordStore;
  readonly #now: () => Date;
  readonly #freshMs: number;
  #records: ReadonlyMap<string, KeyRecord> = new Map();
  #readAtMs = Number.NEGATIVE_INFINITY;

  constructor({ store, now, freshMs }: KeyRecordsOptions) {
    this.#store = store;
    this.#now = now;
    this.#freshMs = freshMs;
  }

  async refresh(): Promise<void> {
    const readAtMs = this.#now().getTime();
    this.#records = new Map((await this.#store.list()).map((record) => [record.id, record]));
    this.#readAtMs = readAtMs;
  }

  /** Whether it is time to ask the store again. A clock that was set back must not keep old news fresh for ever. */
  isStale(): boolean {
    const age = this.#now().getTime() - this.#readAtMs;
    return age > this.#freshMs || age < 0;
  }

  all(): readonly KeyRecord[] {
    return [...this.#records.values()];
  }

  has(id: string): boolean {
    return this.#records.has(id);
  }

  /** Throws `KEY_UNKNOWN`. */
  get(id: string): KeyRecord {
    const record = this.#records.get(id);
    if (record !== undefined) return record;
    throw new SealingError("KEY_UNKNOWN", `there is no data key ${JSON.stringify(id)}`);
  }

  /** The records of a purpose and use, newest first. */
  of(purpose: string, use: KeyUse): readonly KeyRecord[] {
    return this.all()
      .filter((record) => record.purpose === purpose && record.use === use)
      .sort((left, right) => right.version - left.version);
  }

  /** The record of the key that is written with. */
  newest(purpose: string, use: KeyUse): KeyRecord | undefined {
    return this.of(purpose, use).find(({ state }) => state === "active");
  }

  /** The version that comes after all that have been. */
  nextVersion(purpose: string, use: KeyUse): number {
    return (this.of(purpose, use)[0]?.version ?? 0) + 1;
  }

  /** Adds a record, and gives the one that is kept: where another process was first with its version, that. */
  async add(record: KeyRecord): Promise<KeyRecord> {
    await this.#store.put(record);
    await this.refresh();
    const { purpose, use, version } = record;
    const kept = this.newest(purpose, use);
    if (kept !== undefined && kept.version >= version) return kept;
    const message = `version ${version} of the key for ${JSON.stringify(purpose)} was not kept`;
    throw new SealingError("KEY_STORE_CONFLICT", message);
  }

  /** Throws `KEY_STORE_CONFLICT` where the store does not have the record as it was read. */
  async change(record: KeyRecord, changes: Partial<KeyRecord>): Promise<void> {
    if (await this.#store.replace({ ...record, ...changes }, record)) return;
    const message = `the record of ${JSON.stringify(record.id)} was changed meanwhile`;
    throw new SealingError("KEY_STORE_CONFLICT", message);
  }
}
