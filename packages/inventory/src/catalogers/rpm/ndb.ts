import { Budget, type Fault, MAX_HEADERS } from "./bytes.ts";

/**
 * Headers in rpm's own database, `Packages.db` of SUSE since 15.3 (rpm, lib/backend/ndb/rpmpkg.c): pages of slots,
 * each of which names a run of blocks with one header. All numbers are little-endian.
 */
export function* readNdb(bytes: Buffer, fault: Fault): Iterable<Buffer> {
  if (!isNdb(bytes) || bytes.readUInt32LE(VERSION) !== 0) {
    fault("not an NDB database of version 0");
    return;
  }
  const budget = new Budget(bytes.length);
  const end = bytes.readUInt32LE(SLOT_PAGES) * PAGE_BYTES;
  if (end > bytes.length) fault(`slots up to byte ${end} of ${bytes.length}`);
  // The header takes the place of the first slots.
  for (let slot = HEADER_BYTES; slot + SLOT_BYTES <= Math.min(end, bytes.length); slot += SLOT_BYTES) {
    const offset = bytes.readUInt32LE(slot + 8) * BLOCK_BYTES;
    if (bytes.readUInt32LE(slot) !== SLOT_MAGIC) fault(`no slot at byte ${slot}`);
    else if (offset !== 0) {
      const header = readBlob(bytes, slot, budget);
      if (typeof header === "string") fault(header);
      else if (!budget.takesHeader()) return fault(`more than ${MAX_HEADERS} packages`);
      else yield header;
    }
  }
}

/** Tells rpm's own database by its magic number. */
export function isNdb(bytes: Buffer): boolean {
  return bytes.length >= HEADER_BYTES && bytes.readUInt32LE(0) === HEADER_MAGIC;
}

/** `RpmP`, `Slot` and `BlbS`. */
const HEADER_MAGIC = 0x506d7052;
const SLOT_MAGIC = 0x746f6c53;
const BLOB_MAGIC = 0x53626c42;

const VERSION = 4;
const SLOT_PAGES = 12;
const HEADER_BYTES = 32;
const PAGE_BYTES = 4096;
const SLOT_BYTES = 16;
const BLOCK_BYTES = 16;
const BLOB_HEADER_BYTES = 16;
/** Check sum, length and magic number behind the content. */
const BLOB_TAIL_BYTES = 12;

function readBlob(bytes: Buffer, slot: number, budget: Budget): Buffer | string {
  const index = bytes.readUInt32LE(slot + 4);
  const start = bytes.readUInt32LE(slot + 8) * BLOCK_BYTES;
  const room = bytes.readUInt32LE(slot + 12) * BLOCK_BYTES;
  if (start + room > bytes.length || room < BLOB_HEADER_BYTES + BLOB_TAIL_BYTES) {
    return `package ${index} lies outside the file`;
  }
  const length = bytes.readUInt32LE(start + 12);
  if (bytes.readUInt32LE(start) !== BLOB_MAGIC || bytes.readUInt32LE(start + 4) !== index) {
    return `no package ${index} where its slot says`;
  }
  if (length > room - BLOB_HEADER_BYTES - BLOB_TAIL_BYTES)
    return `package ${index} is longer than its blocks`;
  if (!budget.takes(room)) return "more data than the file is long";
  return bytes.subarray(start + BLOB_HEADER_BYTES, start + BLOB_HEADER_BYTES + length);
}
