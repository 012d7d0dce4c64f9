// The whole module, not the one name: on a Node without it, an import by name would stop the process at start,
// for those too who keep their key elsewhere.
import * as crypto from "node:crypto";
import { SealingError } from "../../errors.ts";
import { XAES_KEY_BYTES } from "../../xaes.ts";

/** What one derivation costs (RFC 9106, section 3.1). */
export interface Argon2Cost {
  readonly memoryKiB: number;
  readonly passes: number;
  readonly parallelism: number;
}

/** Least and most. Below, guessing is cheap; above, a file from outside could exhaust the host. */
export const costBounds = {
  memoryKiB: [19 * 1024, 1024 * 1024],
  passes: [2, 16],
  parallelism: [1, 16],
} as const;

/** Derives 32 bytes with Argon2id. The caller zeroes them. */
export async function deriveKey(
  passphrase: Uint8Array,
  { salt, memoryKiB, passes, parallelism }: Argon2Cost & { readonly salt: Uint8Array },
): Promise<Buffer> {
  if (typeof crypto.argon2 !== "function") {
    throw new SealingError("KEY_PROVIDER_UNAVAILABLE", "this version of Node has no argon2id");
  }
  return new Promise((resolve, reject) => {
    const parameters = {
      message: passphrase,
      nonce: salt,
      parallelism,
      passes,
      memory: memoryKiB,
      tagLength: XAES_KEY_BYTES,
    };
    crypto.argon2("argon2id", parameters, (cause, key) => {
      if (cause === null) resolve(key);
      else reject(new SealingError("KEY_PROVIDER_UNAVAILABLE", "argon2id failed", { cause }));
    });
  });
}
