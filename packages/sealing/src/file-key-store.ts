import { messageOf } from "@pratique/core";
import { readBounded, replaceDurably } from "./durable-file.ts";
import { SealingError } from "./errors.ts";
import { isRival, isSameRecord, KEY_ID, type KeyRecord, type KeyRecordStore, PURPOSE } from "./key-record.ts";

const MODE = 0o600;
const VERSION = 1;
const MAX_FILE_BYTES = 4 * 1024 * 1024;
const MAX_TEXT = 64 * 1024;
const FIELDS = ["id", "purpose", "since", "state", "use", "version", "wrapped", "wrappedBy"].join();

/**
 * Keeps key records in a JSON file, which each change replaces as a whole. For one process at a time: two that
 * write at once may lose a record.
 */
export class FileKeyStore implements KeyRecordStore {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  async list(): Promise<readonly KeyRecord[]> {
    return this.#read();
  }

  // Reading and writing do not wait for anything, so that no other call of this process comes in between.
  async put(record: KeyRecord): Promise<boolean> {
    const records = this.#read();
    if (records.some((kept) => isRival(kept, record))) return false;
    this.#write([...records, record]);
    return true;
  }

  async replace(record: KeyRecord, expected: KeyRecord): Promise<boolean> {
    const records = this.#read();
    const index = records.findIndex((kept) => isSameRecord(kept, expected));
    if (index < 0 || record.id !== expected.id) return false;
    this.#write(records.with(index, record));
    return true;
  }

  #read(): readonly KeyRecord[] {
    try {
      const text = readBounded(this.#file, MAX_FILE_BYTES);
      return text === undefined ? [] : parseRecords(text.toString("utf8"));
    } catch (cause) {
      throw this.#unusable("read", cause);
    }
  }

  #write(keys: readonly KeyRecord[]): void {
    try {
      replaceDurably(
        this.#file,
        Buffer.from(`${JSON.stringify({ version: VERSION, keys }, null, 2)}\n`),
        MODE,
      );
    } catch (cause) {
      throw this.#unusable("written", cause);
    }
  }

  #unusable(verb: string, cause: unknown): SealingError {
    const message = `the key records in ${JSON.stringify(this.#file)} cannot be ${verb}: ${messageOf(cause)}`;
    return new SealingError("KEY_STORE_UNUSABLE", message, { cause });
  }
}

function parseRecords(text: string): readonly KeyRecord[] {
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null || !("version" in value) || !("keys" in value)) {
    throw new Error("expected a version and keys");
  }
  if (value.version !== VERSION) throw new Error(`expected version ${VERSION}`);
  if (Object.keys(value).length !== 2 || !Array.isArray(value.keys))
    throw new Error("expected a list of keys");
  return value.keys.map((item: unknown, index) => {
    if (isKeyRecord(item)) return item;
    throw new Error(`key ${index} is not in its form`);
  });
}

function isKeyRecord(value: unknown): value is KeyRecord {
  if (typeof value !== "object" || value === null) return false;
  const fields: Readonly<Record<string, unknown>> = { ...value };
  return (
    Object.keys(fields).sort().join() === FIELDS &&
    isText(fields.id) &&
    KEY_ID.test(fields.id) &&
    isText(fields.purpose) &&
    PURPOSE.test(fields.purpose) &&
    (fields.use === "seal" || fields.use === "index") &&
    (fields.state === "active" || fields.state === "retiring" || fields.state === "retired") &&
    Number.isSafeInteger(fields.version) &&
    isText(fields.wrapped) &&
    isText(fields.wrappedBy) &&
    isText(fields.since) &&
    !Number.isNaN(Date.parse(fields.since))
  );
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.length <= MAX_TEXT;
}
