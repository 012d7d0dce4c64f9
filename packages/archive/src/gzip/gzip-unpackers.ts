import type { GzipUnpacker } from "./gzip-unpacker.ts";
import { loadIsal } from "./isal.ts";
import { isalUnpacker } from "./isal-unpacker.ts";
import { nodeUnpacker } from "./node-unpacker.ts";

/** Those that this machine has, the fastest first. */
export function gzipUnpackers(): readonly [GzipUnpacker, ...GzipUnpacker[]] {
  const isal = loadIsal();
  return isal === undefined ? [nodeUnpacker] : [isalUnpacker(isal), nodeUnpacker];
}
