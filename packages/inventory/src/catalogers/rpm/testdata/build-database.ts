import { existsSync, readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tempDirectory } from "@pratique/testkit";

const PAGE = 4096;

/** A hash database of Berkeley DB with each header in a chain of pages, or in its page where it is short. */
export function berkeleyDbOf(headers: readonly Buffer[], order: "LE" | "BE" = "LE"): Buffer {
  const chains: Buffer[] = [];
  const items: Buffer[] = [Buffer.of(1, 0, 0, 0, 0), Buffer.of(1, 9, 0, 0, 0)];
  headers.forEach((header, at) => {
    items.push(Buffer.of(1, at + 1, 0, 0, 0));
    if (header.length < 200) items.push(Buffer.concat([Buffer.of(1), header]));
    else {
      const item = Buffer.alloc(12);
      item[0] = 3;
      write32(item, 4, 2 + chains.length, order);
      write32(item, 8, header.length, order);
      items.push(item);
      chains.push(...chainOf(header, 2 + chains.length, order));
    }
  });
  return Buffer.concat([metaOf(1 + chains.length, order), hashPageOf(items, order), ...chains]);
}

type Order = "LE" | "BE";

function metaOf(lastPage: number, order: Order): Buffer {
  const meta = Buffer.alloc(PAGE);
  write32(meta, 12, 0x061561, order);
  write32(meta, 16, 9, order);
  write32(meta, 20, PAGE, order);
  meta[25] = 8;
  write32(meta, 32, lastPage, order);
  return meta;
}

function hashPageOf(items: readonly Buffer[], order: Order): Buffer {
  const page = Buffer.alloc(PAGE);
  write32(page, 8, 1, order);
  write16(page, 20, items.length, order);
  page[25] = 13;
  let end = PAGE;
  items.forEach((item, at) => {
    end -= item.length;
    item.copy(page, end);
    write16(page, 26 + at * 2, end, order);
  });
  return page;
}

function chainOf(content: Buffer, first: number, order: Order): Buffer[] {
  const room = PAGE - 26;
  const pages: Buffer[] = [];
  for (let start = 0; start < content.length; start += room) {
    const part = content.subarray(start, start + room);
    const page = Buffer.alloc(PAGE);
    const isLast = start + room >= content.length;
    write32(page, 16, isLast ? 0 : first + pages.length + 1, order);
    write16(page, 22, part.length, order);
    page[25] = 7;
    part.copy(page, 26);
    pages.push(page);
  }
  return pages;
}

function write32(bytes: Buffer, offset: number, value: number, order: Order): void {
  if (order === "LE") bytes.writeUInt32LE(value, offset);
  else bytes.writeUInt32BE(value, offset);
}

function write16(bytes: Buffer, offset: number, value: number, order: Order): void {
  if (order === "LE") bytes.writeUInt16LE(value, offset);
  else bytes.writeUInt16BE(value, offset);
}

/** rpm's own database: one page of slots, and blobs in blocks of 16 bytes. */
export function ndbOf(headers: readonly Buffer[]): Buffer {
  const slots = Buffer.alloc(PAGE);
  slots.write("RpmP", 0);
  slots.writeUInt32LE(1, 12);
  for (let at = 32; at < PAGE; at += 16) slots.write("Slot", at);
  let block = PAGE / 16;
  const blobs = headers.map((header, index) => {
    const blocks = Math.ceil((16 + header.length + 12) / 16);
    const slot = 32 + index * 16;
    slots.writeUInt32LE(index + 1, slot + 4);
    slots.writeUInt32LE(block, slot + 8);
    slots.writeUInt32LE(blocks, slot + 12);
    block += blocks;
    return blobOf(header, index + 1, blocks);
  });
  return Buffer.concat([slots, ...blobs]);
}

function blobOf(header: Buffer, index: number, blocks: number): Buffer {
  const blob = Buffer.alloc(blocks * 16);
  blob.write("BlbS", 0);
  blob.writeUInt32LE(index, 4);
  blob.writeUInt32LE(header.length, 12);
  header.copy(blob, 16);
  blob.write("BlbE", blob.length - 4);
  return blob;
}

/** A database of SQLite as rpm lays it out, made by SQLite itself. */
export interface SqliteFiles {
  readonly bytes: Buffer;
  /** What is in the write-ahead log alone; empty where there is none. */
  readonly log: Buffer;
}

/** What goes into the database, and what into its log alone: the connection is still open when the files are read. */
export interface SqliteParts {
  readonly headers: readonly Buffer[];
  readonly logged?: readonly Buffer[];
  readonly removed?: readonly number[];
  readonly pageSize?: number;
}

export function sqliteOf({ headers, logged = [], removed = [], pageSize = PAGE }: SqliteParts): SqliteFiles {
  using directory = tempDirectory();
  const file = directory.at("rpmdb.sqlite");
  const database = new DatabaseSync(file);
  try {
    database.exec(`PRAGMA page_size = ${pageSize}; PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;
      PRAGMA synchronous = OFF;
      CREATE TABLE Packages (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL);
      CREATE TABLE Name (key TEXT NOT NULL, hnum INTEGER NOT NULL);`);
    const insert = database.prepare("INSERT INTO Packages (blob) VALUES (?)");
    for (const header of headers) insert.run(header);
    database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    for (const header of logged) insert.run(header);
    for (const number of removed) database.prepare("DELETE FROM Packages WHERE hnum = ?").run(number);
    const log = `${file}-wal`;
    return { bytes: readFileSync(file), log: existsSync(log) ? readFileSync(log) : Buffer.alloc(0) };
  } finally {
    database.close();
  }
}
