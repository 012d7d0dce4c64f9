import { SealingError } from "./errors.ts";
import type { KeyRecord } from "./key-record.ts";
import type { KeyProvider } from "./providers/provider.ts";

/** What a rotation of the key-encryption key did, or would do: ids of data keys. */
export interface KekRotation {
  readonly plan: boolean;
  readonly to: string;
  readonly rewrapped: readonly string[];
  /** Those that were under the new key before. */
  readonly already: readonly string[];
}

export interface RewrapOptions {
  readonly records: readonly KeyRecord[];
  readonly to: KeyProvider;
  readonly from: (record: KeyRecord) => KeyProvider;
  readonly replace: (record: KeyRecord, changes: Pick<KeyRecord, "wrapped" | "wrappedBy">) => Promise<void>;
  readonly plan: boolean;
}

/** Wraps records anew, one after the other; each is either under the old key or under the new one, and opens. */
export async function rewrapRecords({
  records,
  to,
  from,
  replace,
  plan,
}: RewrapOptions): Promise<KekRotation> {
  const rewrapped: string[] = [];
  const already: string[] = [];
  for (const record of records) {
    if (record.wrappedBy === to.keyId) {
      already.push(record.id);
      continue;
    }
    // Also in a plan: a key that does not open now would stop the rotation half-way.
    const key = await from(record).unwrap(record.id, Buffer.from(record.wrapped, "base64"));
    try {
      if (!plan) await replace(record, await wrapAndProve(record.id, key, to));
    } finally {
      key.fill(0);
    }
    rewrapped.push(record.id);
  }
  return { plan, to: to.keyId, rewrapped, already };
}

/** A holder that cannot give back what it took would lose every secret, so it has to show it first. */
async function wrapAndProve(
  id: string,
  key: Buffer,
  to: KeyProvider,
): Promise<Pick<KeyRecord, "wrapped" | "wrappedBy">> {
  const wrapped = await to.wrap(id, key);
  const again = await to.unwrap(id, wrapped);
  const same = again.equals(key);
  again.fill(0);
  if (!same)
    throw new SealingError("KEY_WRONG", `${JSON.stringify(to.keyId)} does not give back what it wrapped`);
  return { wrapped: Buffer.from(wrapped).toString("base64"), wrappedBy: to.keyId };
}
