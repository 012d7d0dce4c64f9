import { hash } from "node:crypto";
import { encodeBase64 } from "./base64.ts";
import type { Commitment } from "./tree-event.ts";

const SALT_BYTES = 32;
const DOMAIN = "pratique-commitment-v1\0";

/** The fields of an entry that are personal. */
export type PersonalField = "actor.address" | "actor.name";

/**
 * The value behind a commitment, and the salt without which it cannot be guessed. Kept beside the log, never in it:
 * once it is erased, nothing tells the value any more, and the tree stays as it is.
 */
export interface Opening {
  readonly field: PersonalField;
  /** 32 random bytes in base64. */
  readonly salt: string;
  readonly value: string;
}

/**
 * Commits to a value: SHA-256 over a prefix, the salt of 32 bytes and the value in UTF-8. Throws a `RangeError` for
 * a salt of another length, which would let one commitment fit two values.
 */
function commit(value: string, salt: Uint8Array): Commitment {
  if (salt.length !== SALT_BYTES) throw new RangeError(`a salt has ${SALT_BYTES} bytes, not ${salt.length}`);
  const bytes = Buffer.concat([Buffer.from(DOMAIN, "latin1"), salt, Buffer.from(value, "utf8")]);
  return `commitment:${hash("sha256", bytes, "hex")}`;
}

/** Commits with a new salt. */
export function commitWithOpening(
  field: PersonalField,
  value: string,
  random: (bytes: number) => Uint8Array,
): { readonly commitment: Commitment; readonly opening: Opening } {
  const salt = random(SALT_BYTES);
  return { commitment: commit(value, salt), opening: { field, salt: encodeBase64(salt), value } };
}

/** Whether an opening is the one that a commitment was made from. */
export function opensCommitment(opening: Opening, commitment: Commitment): boolean {
  const salt = Buffer.from(opening.salt, "base64");
  return salt.length === SALT_BYTES && commit(opening.value, salt) === commitment;
}
