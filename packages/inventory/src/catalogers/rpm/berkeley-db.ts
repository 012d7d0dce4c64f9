import { Budget, type Fault, MAX_HEADERS } from "./bytes.ts";

/**
 * Headers in a hash database of Berkeley DB 4 to 5, in the byte order of the machine that wrote it: `Packages` of
 * RHEL 8 and before, of Amazon Linux 2 and of SUSE until 15.2. Pages are read in the order of the file, as a page of
 * the hash is one whatever bucket it is in (db-5.3, dbinc/db_page.h).
 */
export function* readBerkeleyDb(bytes: Buffer, fault: Fault): Iterable<Buffer> {
  const database = parseMeta(bytes);
  if (typeof database === "string") {
    fault(database);
    return;
  }
  const budget = new Budget(bytes.length);
  const pages = Math.min(database.lastPage + 1, Math.floor(bytes.length / database.pageSize));
  if (pages <= database.lastPage) fault(`${database.lastPage + 1} pages, of which ${pages} are there`);
  for (let number = 1; number < pages; number += 1) {
    const page = database.pageAt(number);
    if (page !== undefined && isHashPage(page)) yield* readHashPage(database, page, { budget, fault });
  }
}

/** Tells a hash database by its magic number, in either byte order. */
export function isBerkeleyDb(bytes: Buffer): boolean {
  if (bytes.length < META_BYTES) return false;
  return bytes.readUInt32LE(META_MAGIC) === HASH_MAGIC || bytes.readUInt32BE(META_MAGIC) === HASH_MAGIC;
}

const HASH_MAGIC = 0x061561;
/** Offsets in the first page (DBMETA). */
const META_MAGIC = 12;
const META_PAGE_SIZE = 20;
const META_ENCRYPTION = 24;
const META_FLAGS = 26;
const META_LAST_PAGE = 32;
const META_BYTES = 72;
const CHECKSUMMED = 1;

/** Offsets in every other page (PAGE). */
const NEXT_PAGE = 16;
const ENTRIES = 20;
const FREE_OFFSET = 22;
const PAGE_TYPE = 25;
const PAGE_HEADER_BYTES = 26;

const HASH_UNSORTED = 2;
const OVERFLOW = 7;
const HASH = 13;

/** Types of items on a page of the hash. */
const KEY_DATA = 1;
const OFF_PAGE = 3;
const OFF_PAGE_BYTES = 12;

const MIN_PAGE_BYTES = 512;
const MAX_PAGE_BYTES = 65_536;

class Database {
  readonly pageSize: number;
  readonly lastPage: number;
  readonly #bytes: Buffer;
  readonly #isLittleEndian: boolean;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#isLittleEndian = bytes.readUInt32LE(META_MAGIC) === HASH_MAGIC;
    this.pageSize = this.uint32(bytes, META_PAGE_SIZE);
    this.lastPage = this.uint32(bytes, META_LAST_PAGE);
  }

  pageAt(number: number): Buffer | undefined {
    const start = number * this.pageSize;
    const page = this.#bytes.subarray(start, start + this.pageSize);
    return page.length === this.pageSize ? page : undefined;
  }

  uint32(page: Buffer, offset: number): number {
    return this.#isLittleEndian ? page.readUInt32LE(offset) : page.readUInt32BE(offset);
  }

  uint16(page: Buffer, offset: number): number {
    return this.#isLittleEndian ? page.readUInt16LE(offset) : page.readUInt16BE(offset);
  }
}

function parseMeta(bytes: Buffer): Database | string {
  if (!isBerkeleyDb(bytes)) return "not a hash database of Berkeley DB";
  const database = new Database(bytes);
  const { pageSize } = database;
  if (pageSize < MIN_PAGE_BYTES || pageSize > MAX_PAGE_BYTES || (pageSize & (pageSize - 1)) !== 0) {
    return `no size of a page, found ${pageSize}`;
  }
  if (bytes[META_ENCRYPTION] !== 0) return "an encrypted database";
  if (((bytes[META_FLAGS] ?? 0) & CHECKSUMMED) !== 0)
    return "a database with check sums, which rpm does not make";
  return database;
}

function isHashPage(page: Buffer): boolean {
  return page[PAGE_TYPE] === HASH || page[PAGE_TYPE] === HASH_UNSORTED;
}

interface Reading {
  readonly budget: Budget;
  readonly fault: Fault;
}

/** Items come in pairs, a key and its value; they lie one below the other from the end of the page. */
function* readHashPage(database: Database, page: Buffer, { budget, fault }: Reading): Iterable<Buffer> {
  const entries = database.uint16(page, ENTRIES);
  if (PAGE_HEADER_BYTES + entries * 2 > page.length) {
    fault(`a page with ${entries} entries`);
    return;
  }
  for (let entry = 0; entry + 1 < entries; entry += 2) {
    const key = itemAt(database, page, entry);
    if (key === undefined || isCounter(key)) continue;
    const value = itemAt(database, page, entry + 1);
    const header = value === undefined ? "an entry outside its page" : readValue(database, value, budget);
    if (typeof header === "string") fault(header);
    else if (!budget.takesHeader()) return fault(`more than ${MAX_HEADERS} packages`);
    else yield header;
  }
}

function itemAt(database: Database, page: Buffer, entry: number): Buffer | undefined {
  const start = database.uint16(page, PAGE_HEADER_BYTES + entry * 2);
  const end = entry === 0 ? page.length : database.uint16(page, PAGE_HEADER_BYTES + (entry - 1) * 2);
  return start < PAGE_HEADER_BYTES || start >= end || end > page.length
    ? undefined
    : page.subarray(start, end);
}

/** Under the number zero rpm keeps the number that the next package gets. */
function isCounter(key: Buffer): boolean {
  return key[0] === KEY_DATA && key.length > 1 && key.subarray(1).every((byte) => byte === 0);
}

function readValue(database: Database, item: Buffer, budget: Budget): Buffer | string {
  if (item[0] === KEY_DATA) {
    return budget.takes(item.length) ? item.subarray(1) : "more data than the file is long";
  }
  if (item[0] !== OFF_PAGE || item.length < OFF_PAGE_BYTES) return `an entry of the type ${item[0]}`;
  return readOverflow(database, { page: database.uint32(item, 4), length: database.uint32(item, 8), budget });
}

interface Overflow {
  readonly page: number;
  readonly length: number;
  readonly budget: Budget;
}

function readOverflow(database: Database, { page: first, length, budget }: Overflow): Buffer | string {
  const parts: Buffer[] = [];
  let total = 0;
  for (let number = first; number !== 0 && total < length; ) {
    const page = database.pageAt(number);
    if (page === undefined || page[PAGE_TYPE] !== OVERFLOW)
      return `page ${number} does not continue an entry`;
    if (!budget.takes(page.length)) return "more data than the file is long";
    const end = PAGE_HEADER_BYTES + database.uint16(page, FREE_OFFSET);
    const part = page.subarray(PAGE_HEADER_BYTES, Math.min(end, PAGE_HEADER_BYTES + length - total));
    parts.push(part);
    total += part.length;
    number = database.uint32(page, NEXT_PAGE);
  }
  return total === length
    ? Buffer.concat(parts, length)
    : `an entry of ${length} bytes, of which ${total} are there`;
}
