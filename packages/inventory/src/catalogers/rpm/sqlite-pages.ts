import { isPageSize, type WriteAheadLog } from "./sqlite-wal.ts";

const MAGIC = Buffer.from("SQLite format 3\0");
const HEADER_BYTES = 100;
const PAGE_SIZE = 16;
const RESERVED = 20;

/** Tells a database of SQLite by its first bytes. */
export function isSqlite(bytes: Buffer): boolean {
  return bytes.length >= HEADER_BYTES && bytes.subarray(0, MAGIC.length).equals(MAGIC);
}

/** The pages of a database of SQLite, those of its write-ahead log in place of its own. */
export class SqlitePages {
  /** Bytes of a page that hold content. */
  readonly usable: number;
  /** Bytes of all pages together. */
  readonly size: number;
  readonly #bytes: Buffer;
  readonly #pageSize: number;
  readonly #log: WriteAheadLog | undefined;

  private constructor(bytes: Buffer, first: Buffer, log: WriteAheadLog | undefined) {
    this.#bytes = bytes;
    this.#log = log;
    this.#pageSize = pageSizeIn(first);
    this.usable = this.#pageSize - (first[RESERVED] ?? 0);
    this.size = bytes.length + (log?.pages.size ?? 0) * this.#pageSize;
  }

  /** Opens a database whose first page may be in the log alone, or tells what is wrong with it. */
  static open(bytes: Buffer, log: WriteAheadLog | undefined): SqlitePages | string {
    const first = log?.pages.get(1) ?? bytes;
    if (!isSqlite(first)) return "not a database of SQLite";
    const pages = new SqlitePages(bytes, first, log);
    if (!isPageSize(pages.#pageSize)) return `no size of a page, found ${pages.#pageSize}`;
    if (log !== undefined && log.pageSize !== pages.#pageSize) return "a write-ahead log of another database";
    // SQLite itself refuses less (fileformat2, section 1.3.4).
    return pages.usable < 480 ? `pages of ${pages.usable} bytes` : pages;
  }

  /** A whole page by its number, from 1; undefined where there is none. */
  at(number: number): Buffer | undefined {
    const logged = this.#log?.pages.get(number);
    if (logged !== undefined) return logged;
    if (number < 1 || (this.#log !== undefined && number > this.#log.pageCount)) return undefined;
    const start = (number - 1) * this.#pageSize;
    const page = this.#bytes.subarray(start, start + this.#pageSize);
    return page.length === this.#pageSize ? page : undefined;
  }
}

function pageSizeIn(first: Buffer): number {
  const size = first.readUInt16BE(PAGE_SIZE);
  return size === 1 ? 65_536 : size;
}
