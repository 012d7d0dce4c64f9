import { randomBytes } from "node:crypto";
import { DataKey } from "./data-key.ts";
import { SealingError } from "./errors.ts";
import { type KekRotation, rewrapRecords } from "./kek-rotation.ts";
import { isTrueToItsId, type KeyRecord, type KeyRecordStore, type KeyUse, PURPOSE } from "./key-record.ts";
import type { KeyProvider, RandomBytes } from "./providers/provider.ts";
import { XAES_KEY_BYTES } from "./xaes.ts";

export interface KeyRingOptions {
  readonly store: KeyRecordStore;
  /** Wraps new data keys. The caller disposes of it after the ring. */
  readonly provider: KeyProvider;
  /** Providers that may have wrapped some data keys still: those of a rotation that has not ended. */
  readonly former?: readonly KeyProvider[];
  readonly now: () => Date;
  readonly random?: RandomBytes;
  /** For how long what was read from the store is believed, in milliseconds. */
  readonly freshMs?: number;
  /**
   * For how long a key is kept after its successor was made, in milliseconds. Longer than `freshMs`, and than
   * any stream takes to be sealed and be counted: until then, nothing refers to the key that it uses.
   */
  readonly graceMs?: number;
}

/** What {@link KeyRing.rotateDek} did, or would do. */
export interface DekRotation {
  readonly plan: boolean;
  readonly purpose: string;
  readonly use: KeyUse;
  readonly from: { readonly id: string; readonly version: number } | undefined;
  readonly toVersion: number;
}

const DEFAULT_FRESH_MS = 30_000;
const DEFAULT_GRACE_MS = 24 * 60 * 60_000;

/**
 * The data keys of this installation, by purpose and version. Keys are unwrapped when first asked for, kept in
 * buffers, and zeroed on dispose.
 *
 * Other processes may share the store: a change that one makes is seen by the others within `freshMs`, and no
 * key is retired before `graceMs` have passed since its successor was made.
 */
export class KeyRing implements Disposable {
  readonly #store: KeyRecordStore;
  readonly #now: () => Date;
  readonly #random: RandomBytes;
  readonly #freshMs: number;
  readonly #graceMs: number;
  readonly #unwrapped = new Map<string, Promise<DataKey>>();
  readonly #held = new Set<DataKey>();
  #providers: readonly KeyProvider[];
  #records: ReadonlyMap<string, KeyRecord> = new Map();
  #readAtMs = Number.NEGATIVE_INFINITY;
  #closed = false;

  private constructor(options: KeyRingOptions) {
    this.#store = options.store;
    this.#providers = [options.provider, ...(options.former ?? [])];
    this.#now = options.now;
    this.#random = options.random ?? randomBytes;
    this.#freshMs = options.freshMs ?? DEFAULT_FRESH_MS;
    this.#graceMs = options.graceMs ?? DEFAULT_GRACE_MS;
    if (this.#graceMs < this.#freshMs) throw new RangeError("graceMs must not be less than freshMs");
  }

  /**
   * Opens the ring, and proves that each provider unwraps a key of its own: a lost or other key-encryption key
   * must be heard of at start, not at the first secret that is needed. Throws `KEY_WRONG`,
   * `KEY_PROVIDER_UNAVAILABLE` or `KEY_STORE_UNUSABLE`.
   */
  static async open(options: KeyRingOptions): Promise<KeyRing> {
    const ring = new KeyRing(options);
    try {
      await ring.#refresh();
      await ring.#prove();
      return ring;
    } catch (thrown) {
      ring[Symbol.dispose]();
      throw thrown;
    }
  }

  /** The key that is written with for a purpose, made at first use. */
  async current(purpose: string, use: KeyUse = "seal"): Promise<DataKey> {
    await this.#refreshWhenStale();
    const record = this.#newest(purpose, use) ?? (await this.#make(purpose, use, 1));
    return this.#unwrap(record);
  }

  /** The id of the key that is written with; undefined where none has been made. */
  async currentId(purpose: string, use: KeyUse = "seal"): Promise<string | undefined> {
    await this.#refreshWhenStale();
    return this.#newest(purpose, use)?.id;
  }

  /** Every key of a purpose that opens, newest first. */
  async live(purpose: string, use: KeyUse = "seal"): Promise<readonly DataKey[]> {
    await this.#refreshWhenStale();
    const records = this.#of(purpose, use).filter(({ state }) => state !== "retired");
    return Promise.all(records.map((record) => this.#unwrap(record)));
  }

  /** The key with this id. Throws `KEY_UNKNOWN` where none is, or where it has been retired. */
  async byId(id: string): Promise<DataKey> {
    this.#checkOpen();
    // Another process may have made it a moment ago.
    if (!this.#records.has(id)) await this.#refresh();
    const record = this.#records.get(id);
    if (record === undefined)
      throw new SealingError("KEY_UNKNOWN", `there is no data key ${JSON.stringify(id)}`);
    return this.#unwrap(record);
  }

  /** Every record as the store has it now, retired ones too. */
  async records(): Promise<readonly KeyRecord[]> {
    await this.#refresh();
    return [...this.#records.values()];
  }

  /** Makes a new version to write with. What the old ones sealed still opens; `reseal` moves it over. */
  async rotateDek(
    purpose: string,
    { use = "seal", plan = false }: { readonly use?: KeyUse; readonly plan?: boolean } = {},
  ): Promise<DekRotation> {
    await this.#refresh();
    const [highest] = this.#of(purpose, use);
    const before = this.#newest(purpose, use);
    const toVersion = (highest?.version ?? 0) + 1;
    const from = before === undefined ? undefined : { id: before.id, version: before.version };
    if (!plan) {
      await this.#make(purpose, use, toVersion);
      await this.settle(purpose, use);
    }
    return { plan, purpose, use, from, toVersion };
  }

  /** Marks every version below the newest as retiring: also what a rotation that was cut short left. */
  async settle(purpose: string, use: KeyUse = "seal"): Promise<void> {
    await this.#refresh();
    const newest = this.#newest(purpose, use);
    for (const record of this.#of(purpose, use)) {
      if (record.state === "active" && record !== newest) await this.#change(record, { state: "retiring" });
    }
    await this.#refresh();
  }

  /**
   * Wraps every data key anew under another provider, which is written with from now on. Keys that are under it
   * already are left: after a restart, open the ring with the new provider and the old one as `former`, and
   * call this again.
   */
  async rotateKek(
    provider: KeyProvider,
    { plan = false }: { readonly plan?: boolean } = {},
  ): Promise<KekRotation> {
    await this.#refresh();
    if (!plan)
      this.#providers = [provider, ...this.#providers.filter(({ keyId }) => keyId !== provider.keyId)];
    const rotation = await rewrapRecords({
      records: [...this.#records.values()].filter(({ state }) => state !== "retired"),
      to: provider,
      from: (record) => this.#providerOf(record),
      replace: (record, changes) => this.#replace(record, changes),
      plan,
    });
    await this.#refresh();
    return rotation;
  }

  /**
   * Erases a data key that nothing is sealed under any more; the caller has counted. False while it is too
   * early. Throws `KEY_IN_USE` for a key that is written with.
   */
  async retire(id: string): Promise<boolean> {
    await this.#refresh();
    const record = this.#records.get(id);
    if (record === undefined)
      throw new SealingError("KEY_UNKNOWN", `there is no data key ${JSON.stringify(id)}`);
    if (record.state === "retired") return true;
    if (record.state === "active") {
      throw new SealingError("KEY_IN_USE", `data key ${JSON.stringify(id)} is written with`);
    }
    if (this.#now().getTime() - Date.parse(record.since) < this.#graceMs) return false;
    await this.#change(record, { state: "retired", wrapped: "" });
    await this.#refresh();
    return true;
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    for (const key of this.#held) key[Symbol.dispose]();
    this.#held.clear();
    this.#unwrapped.clear();
  }

  /** The records of a purpose and use, newest first. */
  #of(purpose: string, use: KeyUse): readonly KeyRecord[] {
    return [...this.#records.values()]
      .filter((record) => record.purpose === purpose && record.use === use)
      .sort((left, right) => right.version - left.version);
  }

  #newest(purpose: string, use: KeyUse): KeyRecord | undefined {
    return this.#of(purpose, use).find(({ state }) => state === "active");
  }

  async #make(purpose: string, use: KeyUse, version: number): Promise<KeyRecord> {
    if (!PURPOSE.test(purpose)) {
      throw new SealingError("CONTEXT_MALFORMED", `malformed purpose ${JSON.stringify(purpose)}`);
    }
    const suffix = Buffer.from(this.#random(4)).toString("hex");
    const id = `${purpose}.${use === "seal" ? "s" : "i"}${version}.${suffix}`;
    const [provider] = this.#providers;
    if (provider === undefined) throw new SealingError("KEY_RING_CLOSED", "the key ring has no provider");
    const key = this.#random(XAES_KEY_BYTES);
    const wrapped = await provider.wrap(id, key).finally(() => key.fill(0));
    await this.#store.put({
      id,
      purpose,
      use,
      version,
      state: "active",
      wrapped: Buffer.from(wrapped).toString("base64"),
      wrappedBy: provider.keyId,
      since: this.#now().toISOString(),
    });
    // Where the store refused, another process has made this version: its key is the key.
    await this.#refresh();
    const made = this.#newest(purpose, use);
    if (made !== undefined && made.version >= version) return made;
    throw new SealingError(
      "KEY_STORE_CONFLICT",
      `version ${version} of ${JSON.stringify(purpose)} was not kept`,
    );
  }

  #unwrap(record: KeyRecord): Promise<DataKey> {
    this.#checkOpen();
    if (record.state === "retired") {
      const message = `data key ${JSON.stringify(record.id)} was retired at ${record.since}`;
      return Promise.reject(new SealingError("KEY_UNKNOWN", message));
    }
    const known = this.#unwrapped.get(record.id);
    if (known !== undefined) return known;
    const unwrapping = this.#load(record);
    this.#unwrapped.set(record.id, unwrapping);
    // A failure is told to those who wait, and the next one tries again.
    unwrapping.catch(() => this.#unwrapped.delete(record.id));
    return unwrapping;
  }

  async #load(record: KeyRecord): Promise<DataKey> {
    if (!isTrueToItsId(record)) {
      throw new SealingError(
        "SEAL_TAMPERED",
        `the record of ${JSON.stringify(record.id)} is not what its id says`,
      );
    }
    const provider = this.#providerOf(record);
    const bytes = await provider.unwrap(record.id, Buffer.from(record.wrapped, "base64"));
    const key = new DataKey(record.id, record.purpose, bytes);
    if (this.#closed) {
      key[Symbol.dispose]();
      this.#checkOpen();
    }
    this.#held.add(key);
    return key;
  }

  #providerOf(record: KeyRecord): KeyProvider {
    const provider = this.#providers.find(({ keyId }) => keyId === record.wrappedBy);
    if (provider !== undefined) return provider;
    const at = this.#providers.map(({ keyId }) => JSON.stringify(keyId)).join(", ");
    throw new SealingError(
      "KEY_WRONG",
      `data key ${JSON.stringify(record.id)} is wrapped under ${JSON.stringify(record.wrappedBy)}, at hand is ${at}`,
    );
  }

  async #prove(): Promise<void> {
    const proven = new Set<string>();
    for (const record of this.#records.values()) {
      if (record.state === "retired" || proven.has(record.wrappedBy)) continue;
      await this.#unwrap(record);
      proven.add(record.wrappedBy);
    }
  }

  async #change(record: KeyRecord, changes: Pick<KeyRecord, "state"> & Partial<KeyRecord>): Promise<void> {
    await this.#replace(record, { ...changes, since: this.#now().toISOString() });
  }

  async #replace(record: KeyRecord, changes: Partial<KeyRecord>): Promise<void> {
    if (await this.#store.replace({ ...record, ...changes }, record)) return;
    throw new SealingError(
      "KEY_STORE_CONFLICT",
      `the record of ${JSON.stringify(record.id)} was changed meanwhile`,
    );
  }

  async #refreshWhenStale(): Promise<void> {
    this.#checkOpen();
    const age = this.#now().getTime() - this.#readAtMs;
    // A clock that was set back must not make old news fresh for ever.
    if (age > this.#freshMs || age < 0) await this.#refresh();
  }

  async #refresh(): Promise<void> {
    this.#checkOpen();
    const readAtMs = this.#now().getTime();
    const records = new Map((await this.#store.list()).map((record) => [record.id, record]));
    this.#records = records;
    this.#readAtMs = readAtMs;
    for (const key of this.#held) {
      if (records.get(key.id)?.state !== "retired") continue;
      this.#unwrapped.delete(key.id);
      this.#held.delete(key);
      key[Symbol.dispose]();
    }
  }

  #checkOpen(): void {
    if (this.#closed) throw new SealingError("KEY_RING_CLOSED", "the key ring has been disposed of");
  }
}
