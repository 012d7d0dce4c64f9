import { randomBytes } from "node:crypto";
import type { DataKey } from "./data-key.ts";
import { SealingError } from "./errors.ts";
import { type KekRotation, rewrapRecords } from "./kek-rotation.ts";
import { type KeyRecord, type KeyRecordStore, type KeyUse, PURPOSE } from "./key-record.ts";
import { KeyRecords } from "./key-records.ts";
import type { KeyProvider, RandomBytes } from "./providers/provider.ts";
import { UnwrappedKeys } from "./unwrapped-keys.ts";
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
  readonly #records: KeyRecords;
  readonly #unwrapped: UnwrappedKeys;
  readonly #now: () => Date;
  readonly #random: RandomBytes;
  readonly #graceMs: number;
  #closed = false;

  private constructor(options: KeyRingOptions) {
    const { store, provider, former = [], now, freshMs = DEFAULT_FRESH_MS } = options;
    this.#records = new KeyRecords({ store, now, freshMs });
    this.#unwrapped = new UnwrappedKeys([provider, ...former]);
    this.#now = now;
    this.#random = options.random ?? randomBytes;
    this.#graceMs = options.graceMs ?? DEFAULT_GRACE_MS;
    if (this.#graceMs < freshMs) throw new RangeError("graceMs must not be less than freshMs");
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
    const record = this.#records.newest(purpose, use) ?? (await this.#make(purpose, use));
    return this.#unwrapped.get(record);
  }

  /** The id of the key that is written with; undefined where none has been made. */
  async currentId(purpose: string, use: KeyUse = "seal"): Promise<string | undefined> {
    await this.#refreshWhenStale();
    return this.#records.newest(purpose, use)?.id;
  }

  /** Every key of a purpose that opens, newest first. */
  async live(purpose: string, use: KeyUse = "seal"): Promise<readonly DataKey[]> {
    await this.#refreshWhenStale();
    const records = this.#records.of(purpose, use).filter(({ state }) => state !== "retired");
    return Promise.all(records.map((record) => this.#unwrapped.get(record)));
  }

  /** The key with this id. Throws `KEY_UNKNOWN` where none is, or where it has been retired. */
  async byId(id: string): Promise<DataKey> {
    this.#checkOpen();
    // Another process may have made it a moment ago.
    if (!this.#records.has(id)) await this.#refresh();
    return this.#unwrapped.get(this.#records.get(id));
  }

  /** Every record as the store has it now, retired ones too. */
  async records(): Promise<readonly KeyRecord[]> {
    await this.#refresh();
    return this.#records.all();
  }

  /** Makes a new version to write with. What the old ones sealed still opens; `reseal` moves it over. */
  async rotateDek(
    purpose: string,
    { use = "seal", plan = false }: { readonly use?: KeyUse; readonly plan?: boolean } = {},
  ): Promise<DekRotation> {
    await this.#refresh();
    const before = this.#records.newest(purpose, use);
    const toVersion = this.#records.nextVersion(purpose, use);
    const from = before === undefined ? undefined : { id: before.id, version: before.version };
    if (!plan) {
      await this.#make(purpose, use);
      await this.settle(purpose, use);
    }
    return { plan, purpose, use, from, toVersion };
  }

  /** Marks every version below the newest as retiring: also what a rotation that was cut short left. */
  async settle(purpose: string, use: KeyUse = "seal"): Promise<void> {
    await this.#refresh();
    const newest = this.#records.newest(purpose, use);
    for (const record of this.#records.of(purpose, use)) {
      if (record.state === "active" && record !== newest) await this.#mark(record, { state: "retiring" });
    }
    await this.#refresh();
  }

  /**
   * Wraps every data key anew under another provider, which is written with from now on. Keys that are under it
   * already are left: after a restart, open the ring with the new provider and the old one as `former`, and
   * call this again. Other processes may still have made a key under the old one meanwhile: it is done when a
   * call after their restart rewraps nothing.
   */
  async rotateKek(
    provider: KeyProvider,
    { plan = false }: { readonly plan?: boolean } = {},
  ): Promise<KekRotation> {
    await this.#refresh();
    if (!plan) this.#unwrapped.writeWith(provider);
    const rotation = await rewrapRecords({
      records: this.#records.all().filter(({ state }) => state !== "retired"),
      to: provider,
      from: (record) => this.#unwrapped.providerOf(record),
      replace: (record, changes) => this.#records.change(record, changes),
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
    if (record.state === "retired") return true;
    if (record.state === "active") {
      throw new SealingError("KEY_IN_USE", `data key ${JSON.stringify(id)} is written with`);
    }
    if (this.#now().getTime() - Date.parse(record.since) < this.#graceMs) return false;
    await this.#mark(record, { state: "retired", wrapped: "" });
    await this.#refresh();
    return true;
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#unwrapped[Symbol.dispose]();
  }

  async #make(purpose: string, use: KeyUse): Promise<KeyRecord> {
    if (!PURPOSE.test(purpose)) {
      throw new SealingError("CONTEXT_MALFORMED", `malformed purpose ${JSON.stringify(purpose)}`);
    }
    const version = this.#records.nextVersion(purpose, use);
    const suffix = Buffer.from(this.#random(4)).toString("hex");
    const id = `${purpose}.${use === "seal" ? "s" : "i"}${version}.${suffix}`;
    const provider = this.#unwrapped.writer;
    const key = this.#random(XAES_KEY_BYTES);
    const wrapped = await provider.wrap(id, key).finally(() => key.fill(0));
    return this.#records.add({
      id,
      purpose,
      use,
      version,
      state: "active",
      wrapped: Buffer.from(wrapped).toString("base64"),
      wrappedBy: provider.keyId,
      since: this.#now().toISOString(),
    });
  }

  async #prove(): Promise<void> {
    const proven = new Set<string>();
    for (const record of this.#records.all()) {
      if (record.state === "retired" || proven.has(record.wrappedBy)) continue;
      await this.#unwrapped.get(record);
      proven.add(record.wrappedBy);
    }
  }

  async #mark(record: KeyRecord, changes: Pick<KeyRecord, "state"> & Partial<KeyRecord>): Promise<void> {
    await this.#records.change(record, { ...changes, since: this.#now().toISOString() });
  }

  async #refreshWhenStale(): Promise<void> {
    this.#checkOpen();
    if (this.#records.isStale()) await this.#refresh();
  }

  async #refresh(): Promise<void> {
    this.#checkOpen();
    await this.#records.refresh();
    this.#unwrapped.letGoOf((id) => this.#records.has(id) && this.#records.get(id).state === "retired");
  }

  #checkOpen(): void {
    if (this.#closed) throw new SealingError("KEY_RING_CLOSED", "the key ring has been disposed of");
  }
}
