import { DataKey } from "./data-key.ts";
import { SealingError } from "./errors.ts";
import { isTrueToItsId, type KeyRecord } from "./key-record.ts";
import type { KeyProvider } from "./providers/provider.ts";

/** The data keys that have been unwrapped, each once, until they are let go of. */
export class UnwrappedKeys implements Disposable {
  readonly #unwrapping = new Map<string, Promise<DataKey>>();
  readonly #held = new Set<DataKey>();
  #providers: readonly KeyProvider[];
  #writer: KeyProvider;
  #closed = false;

  /** The first provider wraps what is new. */
  constructor(providers: readonly [KeyProvider, ...KeyProvider[]]) {
    this.#providers = providers;
    this.#writer = providers[0];
  }

  /** The provider that wraps new keys. */
  get writer(): KeyProvider {
    return this.#writer;
  }

  writeWith(provider: KeyProvider): void {
    this.#providers = [provider, ...this.#providers.filter(({ keyId }) => keyId !== provider.keyId)];
    this.#writer = provider;
  }

  /** The provider that wrapped a record. Throws `KEY_WRONG` where it is not at hand. */
  providerOf(record: KeyRecord): KeyProvider {
    const provider = this.#providers.find(({ keyId }) => keyId === record.wrappedBy);
    if (provider !== undefined) return provider;
    const found = this.#providers.map(({ keyId }) => JSON.stringify(keyId)).join(", ");
    const expected = JSON.stringify(record.wrappedBy);
    const message = `data key ${JSON.stringify(record.id)} is wrapped under ${expected}, at hand is ${found}`;
    throw new SealingError("KEY_WRONG", message);
  }

  async get(record: KeyRecord): Promise<DataKey> {
    if (record.state === "retired") {
      throw new SealingError(
        "KEY_UNKNOWN",
        `data key ${JSON.stringify(record.id)} was retired at ${record.since}`,
      );
    }
    const known = this.#unwrapping.get(record.id);
    if (known !== undefined) return known;
    const unwrapping = this.#unwrap(record);
    this.#unwrapping.set(record.id, unwrapping);
    // A failure is told to those who wait, and the next one tries again.
    unwrapping.catch(() => this.#unwrapping.delete(record.id));
    return unwrapping;
  }

  /** Zeroes the keys that have been retired. */
  letGoOf(isRetired: (id: string) => boolean): void {
    for (const key of this.#held) {
      if (!isRetired(key.id)) continue;
      this.#unwrapping.delete(key.id);
      this.#held.delete(key);
      key[Symbol.dispose]();
    }
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#unwrapping.clear();
    this.letGoOf(() => true);
  }

  async #unwrap(record: KeyRecord): Promise<DataKey> {
    if (!isTrueToItsId(record)) {
      const message = `the record of ${JSON.stringify(record.id)} is not what its id says`;
      throw new SealingError("SEAL_TAMPERED", message);
    }
    const wrapped = Buffer.from(record.wrapped, "base64");
    const bytes = await this.providerOf(record).unwrap(record.id, wrapped);
    const key = new DataKey(record.id, record.purpose, bytes);
    this.#held.add(key);
    if (this.#closed) this.letGoOf(() => true);
    return key;
  }
}
