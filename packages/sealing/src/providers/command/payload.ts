import { createHash } from "node:crypto";
import { SealingError } from "../../errors.ts";
import { XAES_KEY_BYTES } from "../../xaes.ts";

const FORM = 1;
const ID_BYTES = 32;
const PAYLOAD_BYTES = 1 + ID_BYTES + XAES_KEY_BYTES;

/**
 * What is given to the program in the place of a bare data key: `1 | SHA-256 of the key's id | key`. Not every
 * service can bind further data to a ciphertext, so the binding lies inside.
 */
export function bindPayload(dataKeyId: string, dataKey: Uint8Array): Buffer {
  if (dataKey.length !== XAES_KEY_BYTES) {
    throw new SealingError(
      "SEAL_MALFORMED",
      `expected a data key of ${XAES_KEY_BYTES} bytes, found ${dataKey.length}`,
    );
  }
  const payload = Buffer.alloc(PAYLOAD_BYTES);
  payload[0] = FORM;
  payload.set(hashOf(dataKeyId), 1);
  payload.set(dataKey, 1 + ID_BYTES);
  return payload;
}

/** The data key, in memory of its own. */
export function readPayload(dataKeyId: string, payload: Buffer): Buffer {
  if (payload.length !== PAYLOAD_BYTES || payload[0] !== FORM) {
    throw new SealingError(
      "KEY_WRONG",
      `what was unwrapped for ${JSON.stringify(dataKeyId)} is not a data key`,
    );
  }
  if (!payload.subarray(1, 1 + ID_BYTES).equals(hashOf(dataKeyId))) {
    throw new SealingError(
      "SEAL_TAMPERED",
      `what was unwrapped for ${JSON.stringify(dataKeyId)} is another data key`,
    );
  }
  const key = Buffer.alloc(XAES_KEY_BYTES);
  key.set(payload.subarray(1 + ID_BYTES));
  return key;
}

function hashOf(dataKeyId: string): Buffer {
  return createHash("sha256").update(`pratique-wrap-v1|${dataKeyId}`).digest();
}
