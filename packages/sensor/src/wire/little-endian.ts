/**
 * Numbers at places that were checked before. The readers of Buffer check their argument at each call, which is half
 * of what reading a record costs.
 */
export function u16(bytes: Buffer, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
}

export function u32(bytes: Buffer, at: number): number {
  return (u16(bytes, at) | (u16(bytes, at + 2) << 16)) >>> 0;
}

/** Exact up to 2^53; what the kernel counts stays below. */
export function u64(bytes: Buffer, at: number): number {
  return u32(bytes, at + 4) * 0x1_0000_0000 + u32(bytes, at);
}
