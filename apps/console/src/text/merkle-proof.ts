/** Bytes that WebCrypto takes. */
export type Bytes = Uint8Array<ArrayBuffer>;

const HASH_BYTES = 32;
/** A tree of 2^53 entries has no longer path. */
const MAX_PATH = 63;

/** The hash of an entry: SHA-256 over 0x00 and its bytes (RFC 6962, 2.1). */
export async function leafHashOf(entry: Bytes): Promise<Bytes> {
  return await sha256(concat([Uint8Array.of(0), entry]));
}

/** What an inclusion proof says: this leaf is in the tree of this size and root. */
export interface Inclusion {
  readonly leafHash: Bytes;
  readonly index: number;
  readonly size: number;
  readonly root: Bytes;
}

/** Whether a path leads from a leaf to the root (RFC 9162, 2.1.3.2). */
export async function isIncluded(claim: Inclusion, path: readonly Bytes[]): Promise<boolean> {
  const { index, size } = claim;
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) return false;
  if (path.length > MAX_PATH) return false;
  let [first, last] = [index, size - 1];
  let root = claim.leafHash;
  for (const sibling of path) {
    if (last === 0 || sibling.length !== HASH_BYTES) return false;
    if (first % 2 === 1 || first === last) {
      root = await nodeHash(sibling, root);
      while (first % 2 === 0 && first !== 0) [first, last] = [first / 2, Math.floor(last / 2)];
    } else {
      root = await nodeHash(root, sibling);
    }
    [first, last] = [Math.floor(first / 2), Math.floor(last / 2)];
  }
  return last === 0 && isSame(root, claim.root);
}

export function isSame(left: Bytes, right: Bytes): boolean {
  return left.length === right.length && left.every((byte, at) => byte === right[at]);
}

export function concat(parts: readonly Bytes[]): Bytes {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** SHA-256, by the browser. */
export async function sha256(bytes: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

/** Reads standard Base 64 in its one canonical form; undefined for anything else. */
export function decodeBase64(text: string): Bytes | undefined {
  try {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    return btoa(String.fromCharCode(...bytes)) === text ? bytes : undefined;
  } catch {
    // What is no Base 64 is answered with undefined.
    return undefined;
  }
}

export function encodeBase64(bytes: Bytes): string {
  return btoa(String.fromCharCode(...bytes));
}

export function encodeUtf8(text: string): Bytes {
  return new TextEncoder().encode(text);
}

/** The hash of two subtrees: SHA-256 over 0x01 and both hashes (RFC 6962, 2.1). */
async function nodeHash(left: Bytes, right: Bytes): Promise<Bytes> {
  return await sha256(concat([Uint8Array.of(1), left, right]));
}
