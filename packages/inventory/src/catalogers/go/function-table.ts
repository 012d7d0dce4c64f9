import { MiB } from "@pratique/core";
import { FunctionNames, MAX_NAME_BYTES, type PackageFunctions } from "./function-names.ts";

/** Tables are aligned. */
const ALIGN = 32;
/** The magic number, two zeros, the smallest instruction and the width of an address. */
const MARK_BYTES = 8;
const MAX_HEADER_BYTES = MARK_BYTES + 5 * 8;
const MAX_NAMES_BYTES = 64 * MiB;

/**
 * By the last byte of the magic number, which of the addresses behind the mark tells where the names of functions begin;
 * the next one tells where they end.
 */
const FORMS: ReadonlyMap<number, number> = new Map([
  [0xf1, 3], // Go 1.20
  [0xf0, 3], // Go 1.18
  [0xfa, 2], // Go 1.16
]);

/**
 * Finds in the data of a Go program the table by which it tells where it was when it fails (`.gopclntab`; Go,
 * debug/gosym), and in it the names of all functions, of those too that were compiled into others. Programs that were
 * stripped of their symbols have it as well.
 *
 * A program was written by an attacker: anything that is not as the linker makes it, and also a second table, leaves
 * nothing known.
 */
export class FunctionTable {
  readonly #size: number;
  readonly #names = new FunctionNames();
  /** What came last, from the first place on at which a table may still begin. */
  #border: Buffer = Buffer.alloc(0);
  #nextPlace = 0;
  #end = 0;
  #unread: { start: number; readonly end: number } | undefined;
  /** The start of a name whose end is still to come. */
  #rest: Buffer = Buffer.alloc(0);
  #isBroken = false;

  /** Takes the size of the file in bytes. */
  constructor(size: number) {
    this.#size = size;
  }

  /** Takes a piece of the data; pieces come in order. */
  write(bytes: Uint8Array, offset: number): void {
    if (this.#isBroken) return;
    const piece = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#search(piece, offset);
    this.#read(piece, offset);
    this.#end = offset + piece.length;
  }

  /** The functions of the program; undefined where it does not tell, or not for certain. */
  finish(): PackageFunctions | undefined {
    const isWhole = !this.#isBroken && this.#unread?.start === this.#unread?.end && this.#rest.length === 0;
    const { packages } = this.#names;
    return isWhole && packages.has("main") && packages.has("runtime") ? packages : undefined;
  }

  #search(piece: Buffer, offset: number): void {
    if (offset !== this.#end) this.#border = Buffer.alloc(0);
    const start = offset - this.#border.length;
    if (this.#border.length > 0) {
      const joined = Buffer.concat([this.#border, piece.subarray(0, ALIGN + MAX_HEADER_BYTES)]);
      this.#searchIn(joined, start);
      if (piece.length <= ALIGN + MAX_HEADER_BYTES) {
        this.#border = joined.subarray(Math.max(0, this.#nextPlace - start));
        return;
      }
    }
    this.#searchIn(piece, offset);
    this.#border = Buffer.from(piece.subarray(Math.max(0, this.#nextPlace - offset)));
  }

  #searchIn(data: Buffer, offset: number): void {
    const end = offset + data.length;
    let place = Math.max(this.#nextPlace, Math.ceil(offset / ALIGN) * ALIGN);
    for (; place + MARK_BYTES <= end; place += ALIGN) {
      const at = place - offset;
      // Asked of hundreds of thousands of places, at almost all of which there is none.
      if (data[at + 1] !== 0xff || data[at + 2] !== 0xff) continue;
      const mark = markAt(data, at);
      if (mark === undefined) continue;
      if (place + mark.headerBytes > end) break;
      this.#take(namesBehind(data.subarray(place - offset), mark), place);
    }
    this.#nextPlace = place;
  }

  #take(names: Names | undefined, place: number): void {
    if (names === undefined || this.#unread !== undefined || place + names.end > this.#size) {
      this.#isBroken = true;
      return;
    }
    this.#unread = { start: place + names.start, end: place + names.end };
  }

  #read(piece: Buffer, offset: number): void {
    const unread = this.#unread;
    const end = Math.min(offset + piece.length, unread?.end ?? 0);
    if (unread === undefined || unread.start >= end) return;
    if (unread.start < offset) {
      this.#isBroken = true;
      return;
    }
    const names = piece.subarray(unread.start - offset, end - offset);
    unread.start = end;
    const joined = this.#rest.length === 0 ? names : Buffer.concat([this.#rest, names]);
    const taken = this.#names.take(joined);
    if (taken === undefined || joined.length - taken > MAX_NAME_BYTES) this.#isBroken = true;
    else this.#rest = Buffer.from(joined.subarray(taken));
  }
}

interface Mark {
  readonly littleEndian: boolean;
  /** Bytes of an address. */
  readonly width: number;
  readonly namesNumber: number;
  /** Up to the last address that is read. */
  readonly headerBytes: number;
}

function markAt(data: Buffer, at: number): Mark | undefined {
  if (data[at + 1] !== 0xff || data[at + 2] !== 0xff || data[at + 4] !== 0 || data[at + 5] !== 0)
    return undefined;
  const littleEndian = data[at + 3] === 0xff;
  const form = data[littleEndian ? at : at + 3] ?? 0;
  const instruction = data[at + 6] ?? 0;
  const width = data[at + 7] ?? 0;
  const namesNumber = FORMS.get(form);
  const isSound =
    [1, 2, 4].includes(instruction) && [4, 8].includes(width) && (littleEndian || data[at] === 0xff);
  if (namesNumber === undefined || !isSound) return undefined;
  return { littleEndian, width, namesNumber, headerBytes: MARK_BYTES + (namesNumber + 2) * width };
}

/** Where names begin and end, counted from the start of the table. */
interface Names {
  readonly start: number;
  readonly end: number;
}

function namesBehind(header: Buffer, mark: Mark): Names | undefined {
  const { namesNumber, headerBytes } = mark;
  const start = addressIn(header, namesNumber, mark);
  const end = addressIn(header, namesNumber + 1, mark);
  return start >= headerBytes && end > start && end - start <= MAX_NAMES_BYTES ? { start, end } : undefined;
}

function addressIn(header: Buffer, number: number, { littleEndian, width }: Mark): number {
  const at = MARK_BYTES + number * width;
  if (width === 4) return littleEndian ? header.readUInt32LE(at) : header.readUInt32BE(at);
  return Number(littleEndian ? header.readBigUInt64LE(at) : header.readBigUInt64BE(at));
}
