/** How bytes are packed, as their first bytes tell. */
export type Compression = "none" | "gzip" | "zstd" | "bzip2" | "xz";

const MAGICS: readonly (readonly [Compression, readonly number[]])[] = [
  ["gzip", [0x1f, 0x8b]],
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd]],
  ["bzip2", [0x42, 0x5a, 0x68]],
  ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
];

/** Bytes that {@link detectCompression} looks at. */
export const MAGIC_BYTES = 6;

/** Tells the compression by magic number, never by name or media type. */
export function detectCompression(head: Uint8Array): Compression {
  for (const [compression, magic] of MAGICS) {
    if (magic.every((byte, index) => head[index] === byte)) return compression;
  }
  return isSkippableFrame(head) ? "zstd" : "none";
}

/** RFC 8878 section 3.1.2: a zstd file may begin with a frame that says nothing. */
function isSkippableFrame(head: Uint8Array): boolean {
  const low = head[0] ?? 0;
  return low >= 0x50 && low <= 0x5f && head[1] === 0x2a && head[2] === 0x4d && head[3] === 0x18;
}
