/** `active` keys are written with, `retiring` ones only opened with, `retired` ones are gone. */
export type KeyState = "active" | "retiring" | "retired";

/** Whether a data key seals values and streams, or makes blind indexes. */
export type KeyUse = "seal" | "index";

/** A data key as it is kept: wrapped, and therefore no secret. */
export interface KeyRecord {
  /** `<purpose>.<s or i><version>.<8 hex digits drawn at random>`; never used twice. */
  readonly id: string;
  readonly purpose: string;
  readonly use: KeyUse;
  /** From 1 for each purpose and use. The highest that is active is written with. */
  readonly version: number;
  readonly state: KeyState;
  /** The key as its provider wrapped it, in base64; empty once the key is retired. */
  readonly wrapped: string;
  /** The `keyId` of the provider that wrapped it. */
  readonly wrappedBy: string;
  /** When the state became what it is: ISO 8601, UTC. */
  readonly since: string;
}

/** The port to where key records are kept. Each call reaches the disk before it resolves. */
export interface KeyRecordStore {
  list(): Promise<readonly KeyRecord[]>;
  /** Adds a record; false when there is one with this id, or with this purpose, use and version. */
  put(record: KeyRecord): Promise<boolean>;
  /** Puts a record in the place of one with the same id; false when that one is not `expected` any more. */
  replace(record: KeyRecord, expected: KeyRecord): Promise<boolean>;
}

export const PURPOSE = /^[a-z][a-z0-9-]{0,31}$/u;
export const KEY_ID = /^[a-z][a-z0-9-]{0,31}\.[si][1-9][0-9]{0,8}\.[0-9a-f]{8}$/u;
/** The longest id of a data key, in bytes. */
export const MAX_KEY_ID_BYTES = 32 + 1 + 10 + 1 + 8;

/** Whether two records say the same in every field. */
export function isSameRecord(left: KeyRecord, right: KeyRecord): boolean {
  return (
    left.id === right.id &&
    left.purpose === right.purpose &&
    left.use === right.use &&
    left.version === right.version &&
    left.state === right.state &&
    left.wrapped === right.wrapped &&
    left.wrappedBy === right.wrappedBy &&
    left.since === right.since
  );
}

/** Whether a record takes the place of another: the same id, or the same purpose, use and version. */
export function isRival(left: KeyRecord, right: KeyRecord): boolean {
  if (left.id === right.id) return true;
  return left.purpose === right.purpose && left.use === right.use && left.version === right.version;
}

/**
 * Whether a record is what its id says. The id is bound to the wrapped key and the rest is not, so that a record
 * that was moved to another purpose is known by this alone.
 */
export function isTrueToItsId({ id, purpose, use, version }: KeyRecord): boolean {
  return KEY_ID.test(id) && id.startsWith(`${purpose}.${use === "seal" ? "s" : "i"}${version}.`);
}
