/** The pages that a write-ahead log puts in place of those of its database. */
export interface WriteAheadLog {
  readonly pageSize: number;
  /** By their numbers, from 1. */
  readonly pages: ReadonlyMap<number, Buffer>;
  /** Length of the database in pages, once the log is applied. */
  readonly pageCount: number;
}

/** `0x377f0682`; its last bit tells that check sums were made from big-endian words. */
const MAGIC = 0x377f0682;
const FORMAT = 3_007_000;
const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;

/**
 * Reads what a `-wal` file has committed (https://sqlite.org/fileformat2.html, section 4): the frames whose salts and
 * check sums continue those of the header, up to the last commit. What follows is left over from before, and counts for
 * nothing. Undefined where nothing was committed, a text where the log is none.
 */
export function parseWriteAheadLog(bytes: Buffer): WriteAheadLog | undefined | string {
  if (bytes.length === 0) return undefined;
  if (bytes.length < HEADER_BYTES) return `a write-ahead log of ${bytes.length} bytes`;
  const magic = bytes.readUInt32BE(0);
  const pageSize = bytes.readUInt32BE(8);
  if ((magic & ~1) >>> 0 !== MAGIC || bytes.readUInt32BE(4) !== FORMAT || !isPageSize(pageSize)) {
    return "no write-ahead log of SQLite";
  }
  const checksum = new Checksum((magic & 1) === 0);
  checksum.add(bytes, 0, 24);
  if (!checksum.isAt(bytes, 24)) return "a write-ahead log with a wrong check sum";
  return readFrames(bytes, pageSize, checksum);
}

/** A power of two from 512 to 65536. */
export function isPageSize(size: number): boolean {
  return size >= 512 && size <= 65_536 && (size & (size - 1)) === 0;
}

function readFrames(bytes: Buffer, pageSize: number, checksum: Checksum): WriteAheadLog | undefined {
  const pages = new Map<number, Buffer>();
  let pending: (readonly [number, Buffer])[] = [];
  let pageCount = 0;
  const step = FRAME_HEADER_BYTES + pageSize;
  for (let at = HEADER_BYTES; at + step <= bytes.length; at += step) {
    // Salts of another log: written before the log was begun anew.
    if (bytes.compare(bytes, 16, 24, at + 8, at + 16) !== 0) break;
    const start = at + FRAME_HEADER_BYTES;
    checksum.add(bytes, at, at + 8);
    checksum.add(bytes, start, start + pageSize);
    if (!checksum.isAt(bytes, at + 16)) break;
    pending.push([bytes.readUInt32BE(at), bytes.subarray(start, start + pageSize)]);
    const committed = bytes.readUInt32BE(at + 4);
    if (committed === 0) continue;
    pageCount = committed;
    for (const [number, page] of pending) pages.set(number, page);
    pending = [];
  }
  return pageCount === 0 ? undefined : { pageSize, pages, pageCount };
}

/** The running check sum of a log (fileformat2, section 4.2). */
class Checksum {
  readonly #isLittleEndian: boolean;
  #first = 0;
  #second = 0;

  constructor(isLittleEndian: boolean) {
    this.#isLittleEndian = isLittleEndian;
  }

  /** Takes in a multiple of eight bytes. */
  add(bytes: Buffer, start: number, end: number): void {
    for (let at = start; at < end; at += 8) {
      this.#first = (this.#first + this.#word(bytes, at) + this.#second) >>> 0;
      this.#second = (this.#second + this.#word(bytes, at + 4) + this.#first) >>> 0;
    }
  }

  isAt(bytes: Buffer, offset: number): boolean {
    return bytes.readUInt32BE(offset) === this.#first && bytes.readUInt32BE(offset + 4) === this.#second;
  }

  #word(bytes: Buffer, at: number): number {
    return this.#isLittleEndian ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
  }
}
