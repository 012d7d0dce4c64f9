import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import type { KeyRecord, KeyRecordStore } from "../key-record.ts";
import { isRival, isSameRecord } from "../key-record.ts";

/** Keeps key records in a JSON file, so that they outlive a process that is killed. */
export class FileKeyStore implements KeyRecordStore {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  async list(): Promise<readonly KeyRecord[]> {
    return existsSync(this.#file) ? JSON.parse(readFileSync(this.#file, "utf8")) : [];
  }

  async put(record: KeyRecord): Promise<boolean> {
    const records = await this.list();
    if (records.some((kept) => isRival(kept, record))) return false;
    this.#write([...records, record]);
    return true;
  }

  async replace(record: KeyRecord, expected: KeyRecord): Promise<boolean> {
    const records = await this.list();
    const index = records.findIndex((kept) => isSameRecord(kept, expected));
    if (index < 0 || record.id !== expected.id) return false;
    this.#write(records.with(index, record));
    return true;
  }

  #write(records: readonly KeyRecord[]): void {
    writeFileSync(`${this.#file}.part`, JSON.stringify(records));
    renameSync(`${this.#file}.part`, this.#file);
  }
}
