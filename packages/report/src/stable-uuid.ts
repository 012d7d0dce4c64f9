import { createHash } from "node:crypto";

/** A UUID that is the same for the same parts: version 8 of RFC 9562 section 5.8, from their SHA-256. */
export function stableUuid(parts: Iterable<string>): string {
  const hex = hashOf(parts);
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join("-");
}

/** SHA-256 in hex, of parts that cannot run into one another. */
export function hashOf(parts: Iterable<string>): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${part.length}:${part}`);
  return hash.digest("hex");
}
