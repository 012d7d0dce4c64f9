/** A 64-bit hash in two halves, as JavaScript's numbers hold 53 bits. */
export interface Hash64 {
  readonly high: number;
  readonly low: number;
}

const HALF = 2 ** 32;
/** FNV-1a, 64 bits: the offset basis, and the prime 2^40 + 0x1b3. */
const OFFSET: Hash64 = { high: 0xcbf2_9ce4, low: 0x8422_2325 };
const PRIME_LOW = 0x1b3;
const PRIME_HIGH_SHIFTED = 0x100;

/**
 * FNV-1a over the bytes of an ASCII text. By itself it is nothing against attackers: anybody can find another name with
 * the hash of one. Where that matters, it is begun with a secret instead of the usual offset.
 */
export function fnv1a64(text: string, offset: Hash64 = OFFSET): Hash64 {
  let { high, low } = offset;
  for (let at = 0; at < text.length; at += 1) {
    low = (low ^ (text.charCodeAt(at) & 0xff)) >>> 0;
    // All products stay below 2^53.
    const product = low * PRIME_LOW;
    const nextLow = product >>> 0;
    high = (high * PRIME_LOW + low * PRIME_HIGH_SHIFTED + (product - nextLow) / HALF) >>> 0;
    low = nextLow;
  }
  return { high, low };
}

/** The 53 low bits of a hash: what an index can be searched by without big integers. */
export function keyNumber({ high, low }: Hash64): number {
  return (high & 0x1f_ffff) * HALF + low;
}

/** Two random halves. */
export function randomHash64(): Hash64 {
  const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2));
  return { high, low };
}
