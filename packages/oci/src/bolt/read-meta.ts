import { readSync } from "node:fs";
import { damaged } from "./bolt-error.ts";

/** One of the two pages that say which state of the database holds. */
export interface BoltMeta {
  /** Bytes. */
  readonly pageSize: number;
  /** The page of the root bucket. */
  readonly root: number;
  /** The first page number that is not in use. */
  readonly highWater: number;
  /** Grows with each change. */
  readonly transaction: bigint;
}

const MAGIC = 0xed0cdaed;
const VERSION = 2;
/** Behind the header of its page; the check sum over what comes before is last. */
const META_START = 16;
const META_BYTES = 64;
const CHECKED_BYTES = 56;
const SIZES = [4096, 16_384, 65_536, 8192, 32_768, 1024, 2048];

/** The newer of the two that are sound: a writer that dies leaves the other one. Throws `STORE_DAMAGED`. */
export function readMeta(fd: number): BoltMeta {
  const first = metaAt(fd, 0);
  const seconds = first === undefined ? SIZES : [first.pageSize];
  const second = seconds.map((size) => metaAt(fd, size)).find((meta) => meta !== undefined);
  if (first === undefined && second === undefined) throw damaged("no page says where it begins");
  if (first === undefined || second === undefined) return first ?? second ?? fail();
  return second.transaction > first.transaction ? second : first;
}

function fail(): never {
  throw damaged("no page says where it begins");
}

function metaAt(fd: number, offset: number): BoltMeta | undefined {
  const bytes = Buffer.alloc(META_BYTES);
  if (readSync(fd, bytes, 0, META_BYTES, offset + META_START) !== META_BYTES) return undefined;
  const isMeta = bytes.readUInt32LE(0) === MAGIC && bytes.readUInt32LE(4) === VERSION;
  if (!isMeta || bytes.readBigUInt64LE(CHECKED_BYTES) !== fnv1a(bytes.subarray(0, CHECKED_BYTES)))
    return undefined;
  const pageSize = bytes.readUInt32LE(8);
  if (!SIZES.includes(pageSize)) return undefined;
  return {
    pageSize,
    root: Number(bytes.readBigUInt64LE(16)),
    highWater: Number(bytes.readBigUInt64LE(40)),
    transaction: bytes.readBigUInt64LE(48),
  };
}

/** FNV-1a of 64 bits. */
function fnv1a(bytes: Uint8Array): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash;
}
