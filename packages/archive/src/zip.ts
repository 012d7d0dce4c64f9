import { crc32, inflateRawSync } from "node:zlib";
import { GiB, MiB, messageOf } from "@pratique/core";
import type { ByteSource } from "./byte-source.ts";
import { decodeName } from "./entry-path.ts";
import { ArchiveError } from "./errors.ts";

/** Bounds on what one zip may make its reader do. Reaching one throws `LIMIT_REACHED`. */
export interface ZipLimits {
  readonly entries: number;
  /** Bytes of the central directory. */
  readonly directoryBytes: number;
  /** Uncompressed bytes of one entry. */
  readonly entryBytes: number;
  /** Uncompressed bytes of all entries that are read from one reader. */
  readonly totalBytes: number;
}

const defaultZipLimits: ZipLimits = {
  entries: 2_000_000,
  directoryBytes: 512 * MiB,
  entryBytes: 256 * MiB,
  totalBytes: 64 * GiB,
};

/** One entry, as the central directory describes it. The name is as written and may be anything. */
export interface ZipEntry {
  readonly name: string;
  /** Uncompressed bytes, as claimed. */
  readonly size: number;
  readonly compressedSize: number;
  readonly method: number;
  readonly crc32: number;
  readonly encrypted: boolean;
  /** Where the local header begins. */
  readonly offset: number;
}

const END_SIGNATURE = 0x06054b50;
const END_BYTES = 22;
const END_64_SIGNATURE = 0x06064b50;
const LOCATOR_64_SIGNATURE = 0x07064b50;
const LOCATOR_64_BYTES = 20;
const CENTRAL_SIGNATURE = 0x02014b50;
const CENTRAL_BYTES = 46;
const LOCAL_SIGNATURE = 0x04034b50;
const LOCAL_BYTES = 30;
const MAX_COMMENT = 0xffff;
const STORED = 0;
const DEFLATED = 8;

/**
 * Reads a zip by its central directory, entry by entry (PKWARE APPNOTE, sections 4.3 and 4.4). Entries are
 * stored or deflated; anything else is `ENTRY_UNSUPPORTED`. Sizes and checksums are verified.
 *
 * Where the directory lies and what it holds is settled as Java settles it: it ends where its end record begins, offsets
 * count from where that puts the first byte, and its length outweighs the number of entries. Otherwise a zip could show
 * a scanner other entries than it gives to those who run it.
 */
export class ZipReader {
  readonly #source: ByteSource;
  readonly #limits: ZipLimits;
  readonly #directory: Buffer;
  readonly #count: number;
  /** Bytes before the zip, such as a script that starts it, which its offsets do not count. */
  readonly #shift: number;
  #bytesRead = 0;

  /** Throws `ARCHIVE_MALFORMED`, `ARCHIVE_TRUNCATED`, `LIMIT_REACHED`. */
  constructor(source: ByteSource, limits: Partial<ZipLimits> = {}) {
    this.#source = source;
    this.#limits = { ...defaultZipLimits, ...limits };
    const { count, offset, size, end } = findDirectory(source);
    if (count > this.#limits.entries) {
      throw new ArchiveError("LIMIT_REACHED", `the zip has more than ${this.#limits.entries} entries`);
    }
    if (size > this.#limits.directoryBytes) {
      const message = `the directory of the zip is longer than ${this.#limits.directoryBytes} bytes`;
      throw new ArchiveError("LIMIT_REACHED", message);
    }
    const start = startOf(source, { offset, size, end });
    this.#directory = Buffer.from(readExactly(source, start, size));
    this.#shift = start - offset;
    this.#count = count;
  }

  /** All entries in the order of the directory. */
  *entries(): Generator<ZipEntry, void, void> {
    let at = 0;
    for (let index = 0; index < this.#count || isCentral(this.#directory, at); index += 1) {
      if (index === this.#limits.entries) {
        throw new ArchiveError("LIMIT_REACHED", `the zip has more than ${index} entries`);
      }
      const entry = readCentral(this.#directory, at);
      at = entry.end;
      yield entry.entry;
    }
  }

  /** The content of an entry. */
  read(entry: ZipEntry): Uint8Array {
    const { entryBytes, totalBytes } = this.#limits;
    this.#bytesRead += entry.size;
    if (entry.size > entryBytes || this.#bytesRead > totalBytes) {
      throw new ArchiveError("LIMIT_REACHED", `${JSON.stringify(entry.name)} is longer than may be read`);
    }
    if (entry.encrypted)
      throw new ArchiveError("ENTRY_UNSUPPORTED", `${JSON.stringify(entry.name)} is encrypted`);
    const content = unpack(entry, this.#stored(entry));
    if (content.length !== entry.size || crc32(content) !== entry.crc32) {
      throw new ArchiveError(
        "ENTRY_DAMAGED",
        `${JSON.stringify(entry.name)} does not fit its size or checksum`,
      );
    }
    return content;
  }

  #stored(entry: ZipEntry): Uint8Array {
    const guess = LOCAL_BYTES + MAX_LOCAL_EXTRA + entry.name.length + entry.compressedSize;
    const offset = entry.offset + this.#shift;
    const bytes = bufferOf(this.#source.read(offset, guess));
    if (bytes.length < LOCAL_BYTES || bytes.readUInt32LE(0) !== LOCAL_SIGNATURE)
      throw malformed("local header");
    const start = LOCAL_BYTES + bytes.readUInt16LE(26) + bytes.readUInt16LE(28);
    if (start + entry.compressedSize <= bytes.length)
      return bytes.subarray(start, start + entry.compressedSize);
    return readExactly(this.#source, offset + start, entry.compressedSize);
  }
}

/** Extra fields of local headers that one read is expected to cover. */
const MAX_LOCAL_EXTRA = 64;

function unpack(entry: ZipEntry, stored: Uint8Array): Uint8Array {
  switch (entry.method) {
    case STORED:
      return new Uint8Array(stored);
    case DEFLATED:
      return inflate(entry, stored);
    default:
      throw new ArchiveError(
        "ENTRY_UNSUPPORTED",
        `${JSON.stringify(entry.name)} is compressed by method ${entry.method}`,
      );
  }
}

function inflate(entry: ZipEntry, stored: Uint8Array): Uint8Array {
  try {
    // One byte more than is claimed is enough to know that the claim is wrong.
    return inflateRawSync(stored, { maxOutputLength: entry.size + 1 });
  } catch (cause) {
    const message = `${JSON.stringify(entry.name)} cannot be unpacked: ${messageOf(cause)}`;
    throw new ArchiveError("ENTRY_DAMAGED", message, { cause });
  }
}

interface Directory {
  readonly count: number;
  readonly offset: number;
  readonly size: number;
  /** Where the record begins that tells all this. */
  readonly end: number;
}

/** The directory ends where its end record begins; where nothing like it lies there, its own offset counts. */
function startOf(source: ByteSource, { offset, size, end }: Omit<Directory, "count">): number {
  const start = end - size;
  if (start === offset || size === 0) return offset;
  if (start < offset) throw new ArchiveError("ARCHIVE_TRUNCATED", "the beginning of the zip is missing");
  return isCentral(Buffer.from(source.read(start, CENTRAL_BYTES)), 0) ? start : offset;
}

function isCentral(bytes: Buffer, at: number): boolean {
  return at + CENTRAL_BYTES <= bytes.length && bytes.readUInt32LE(at) === CENTRAL_SIGNATURE;
}

function findDirectory(source: ByteSource): Directory {
  const length = Math.min(source.size, END_BYTES + MAX_COMMENT);
  const tailStart = source.size - length;
  const tail = Buffer.from(source.read(tailStart, length));
  for (let at = length - END_BYTES; at >= 0; at -= 1) {
    if (tail.readUInt32LE(at) !== END_SIGNATURE) continue;
    const found = {
      count: tail.readUInt16LE(at + 10),
      size: tail.readUInt32LE(at + 12),
      offset: tail.readUInt32LE(at + 16),
      end: tailStart + at,
    };
    const isLast = at + END_BYTES + tail.readUInt16LE(at + 20) === length;
    if (!isLast && !isConfirmed(source, found)) continue;
    const is64 = found.count === 0xffff || found.size === 0xffffffff || found.offset === 0xffffffff;
    return is64 ? (findDirectory64(source, found.end) ?? found) : found;
  }
  throw malformed("end of the central directory");
}

/**
 * Whether an end record that something follows is one: where a directory lies before it, and a file where that says that the zip
 * begins. So java.util.zip.ZipFile has it, which opens archives to which bytes were added; what it opens must be read here.
 */
function isConfirmed(source: ByteSource, { offset, size, end }: Directory): boolean {
  const start = end - size;
  const first = start - offset;
  if (size === 0 || first < 0) return false;
  const local = Buffer.from(source.read(first, 4));
  const isLocal = local.length === 4 && local.readUInt32LE(0) === LOCAL_SIGNATURE;
  return isLocal && isCentral(Buffer.from(source.read(start, CENTRAL_BYTES)), 0);
}

function findDirectory64(source: ByteSource, endOffset: number): Directory | undefined {
  if (endOffset < LOCATOR_64_BYTES) return undefined;
  const locator = Buffer.from(readExactly(source, endOffset - LOCATOR_64_BYTES, LOCATOR_64_BYTES));
  if (locator.readUInt32LE(0) !== LOCATOR_64_SIGNATURE) return undefined;
  const end = safe(locator.readBigUInt64LE(8));
  const record = Buffer.from(readExactly(source, end, 56));
  if (record.readUInt32LE(0) !== END_64_SIGNATURE) throw malformed("zip64 record");
  return {
    count: safe(record.readBigUInt64LE(32)),
    size: safe(record.readBigUInt64LE(40)),
    offset: safe(record.readBigUInt64LE(48)),
    end,
  };
}

function readCentral(directory: Buffer, at: number): { readonly entry: ZipEntry; readonly end: number } {
  if (!isCentral(directory, at)) throw malformed("central directory");
  const nameEnd = at + CENTRAL_BYTES + directory.readUInt16LE(at + 28);
  const extraEnd = nameEnd + directory.readUInt16LE(at + 30);
  const end = extraEnd + directory.readUInt16LE(at + 32);
  if (end > directory.length) throw malformed("central directory");
  const sizes = {
    size: directory.readUInt32LE(at + 24),
    compressedSize: directory.readUInt32LE(at + 20),
    offset: directory.readUInt32LE(at + 42),
  };
  const entry = {
    name: decodeName({ bytes: directory, start: at + CENTRAL_BYTES, end: nameEnd }),
    method: directory.readUInt16LE(at + 10),
    crc32: directory.readUInt32LE(at + 16),
    encrypted: (directory.readUInt16LE(at + 8) & 1) !== 0,
    ...(isWide(sizes) ? widened(sizes, directory.subarray(nameEnd, extraEnd)) : sizes),
  };
  return { entry, end };
}

type Sizes = Pick<ZipEntry, "size" | "compressedSize" | "offset">;

function isWide({ size, compressedSize, offset }: Sizes): boolean {
  return size === 0xffffffff || compressedSize === 0xffffffff || offset === 0xffffffff;
}

/** Takes from the zip64 extra field what did not fit into 32 bits (APPNOTE 4.5.3). */
function widened(sizes: Sizes, extra: Buffer): Sizes {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue;
    const field = extra.subarray(at + 4, at + 4 + extra.readUInt16LE(at + 2));
    let next = 0;
    const take = (value: number): number => {
      if (value !== 0xffffffff) return value;
      if (next + 8 > field.length) throw malformed("zip64 extra field");
      next += 8;
      return safe(field.readBigUInt64LE(next - 8));
    };
    const size = take(sizes.size);
    const compressedSize = take(sizes.compressedSize);
    return { size, compressedSize, offset: take(sizes.offset) };
  }
  return sizes;
}

function readExactly(source: ByteSource, offset: number, length: number): Uint8Array {
  if (offset < 0 || offset + length > source.size)
    throw new ArchiveError("ARCHIVE_TRUNCATED", "the zip ends early");
  return source.read(offset, length);
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

function safe(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw malformed("64-bit number");
  return Number(value);
}

function malformed(what: string): ArchiveError {
  return new ArchiveError("ARCHIVE_MALFORMED", `the zip has a malformed ${what}, or none`);
}
