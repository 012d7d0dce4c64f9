import { isRival, isSameRecord, type KeyRecord, type KeyRecordStore } from "./key-record.ts";

/** Keeps key records as long as the process lives. */
export class MemoryKeyStore implements KeyRecordStore {
  #records: readonly KeyRecord[];

  constructor(records: readonly KeyRecord[] = []) {
    this.#records = records;
  }

  async list(): Promise<readonly KeyRecord[]> {
    return this.#records;
  }

  async put(record: KeyRecord): Promise<boolean> {
    if (this.#records.some((kept) => isRival(kept, record))) return false;
    this.#records = [...this.#records, record];
    return true;
  }

  async replace(record: KeyRecord, expected: KeyRecord): Promise<boolean> {
    const index = this.#records.findIndex((kept) => isSameRecord(kept, expected));
    if (index < 0 || record.id !== expected.id) return false;
    this.#records = this.#records.with(index, record);
    return true;
  }
}
