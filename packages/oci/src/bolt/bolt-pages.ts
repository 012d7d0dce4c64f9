import { readSync } from "node:fs";
import { MiB } from "@pratique/core";
import { OciError } from "../errors.ts";
import { damaged } from "./bolt-error.ts";
import type { BoltMeta } from "./read-meta.ts";

/** Bytes of all pages that one look into a database may read. */
const MAX_BYTES = 64 * MiB;
/** Pages that one look may come by, read before or not: pages that name one another have no end. */
const MAX_VISITS = 200_000;
/** Of one page with what flows over: a label or an image's description fits many times. */
const MAX_PAGE_BYTES = 16 * MiB;

export const PAGE_HEADER = 16;
export const LEAF = 0x02;
export const BRANCH = 0x01;

/** A page with all that flows over from it; of an inline bucket what stands in place of one. */
export class BoltPage {
  readonly kind: number;
  readonly count: number;
  readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    if (bytes.length < PAGE_HEADER) throw damaged("a page is cut short");
    this.kind = bytes.readUInt16LE(8) & (LEAF | BRANCH);
    this.count = bytes.readUInt16LE(10);
    this.bytes = bytes;
  }

  /** A part of the page, refused where it would not lie in it. */
  slice(start: number, length: number): Buffer {
    const end = start + length;
    if (start < PAGE_HEADER || end > this.bytes.length) throw damaged("an element leads out of its page");
    return this.bytes.subarray(start, end);
  }
}

/** The pages of one state of the database. Each is read once; all together within a bound, so that no loop is endless. */
export class BoltPages {
  readonly #fd: number;
  readonly #meta: BoltMeta;
  readonly #pages = new Map<number, BoltPage>();
  #bytes = 0;
  #visits = 0;

  constructor(fd: number, meta: BoltMeta) {
    this.#fd = fd;
    this.#meta = meta;
  }

  page(id: number): BoltPage {
    this.#visits += 1;
    if (this.#visits > MAX_VISITS) throw damaged("its pages name one another");
    const known = this.#pages.get(id);
    if (known !== undefined) return known;
    const { pageSize, highWater } = this.#meta;
    if (!Number.isSafeInteger(id) || id < 2 || id >= highWater)
      throw damaged("a page lies behind the last one");
    const head = this.#read(id * pageSize, PAGE_HEADER);
    if (Number(head.readBigUInt64LE(0)) !== id) throw damaged(`page ${id} has another's number`);
    const size = (head.readUInt32LE(12) + 1) * pageSize;
    if (size > MAX_PAGE_BYTES) throw damaged(`page ${id} is longer than ${MAX_PAGE_BYTES} bytes`);
    const page = new BoltPage(this.#read(id * pageSize, size));
    this.#pages.set(id, page);
    return page;
  }

  #read(offset: number, length: number): Buffer {
    this.#bytes += length;
    if (this.#bytes > MAX_BYTES) {
      throw new OciError(
        "LIMIT_REACHED",
        `a database of the container store has more than ${MAX_BYTES} bytes to read`,
      );
    }
    const bytes = Buffer.alloc(length);
    if (readSync(this.#fd, bytes, 0, length, offset) !== length) throw damaged("it ends early");
    return bytes;
  }
}
