import { ArchiveError } from "./errors.ts";
import { parseTarNumber } from "./tar-number.ts";

/** Where the stored bytes of a sparse file belong: offsets and lengths by turns. All else is zeros. */
export type SparseMap = readonly number[];

/** Stretches in one map. GNU tar writes one for each hole; a real file has few. */
const MAX_STRETCHES = 1 << 16;
const NUMBER_BYTES = 12;

/** Adds the stretches of an old GNU header (4 at 386) or of one of its extension blocks (21 at 0) to a map. */
export function readGnuStretches(block: Uint8Array, start: number, count: number, map: number[]): void {
  for (let index = 0; index < count; index += 1) {
    const at = start + index * 2 * NUMBER_BYTES;
    if (block[at] === 0) return;
    map.push(parseTarNumber(block, at, NUMBER_BYTES), parseTarNumber(block, at + NUMBER_BYTES, NUMBER_BYTES));
    if (map.length > 2 * MAX_STRETCHES) throw tooMany();
  }
}

/** Reads the comma-separated map of `GNU.sparse.map` (GNU tar manual, "Storing Sparse Files", versions 0.0 and 0.1). */
export function parseSparseList(text: string): SparseMap {
  const numbers = text === "" ? [] : text.split(",");
  if (numbers.length > 2 * MAX_STRETCHES) throw tooMany();
  return numbers.map(parseDecimal);
}

/**
 * Reads the map that precedes the content in version 1.0: a count, then offset and length, one number a line.
 * It comes block by block, and the text is looked at only when all its lines are there.
 */
export class SparseLines {
  #text = "";
  #newlines = 0;
  #wanted: number | undefined;

  /** The map, once it is complete. */
  add(block: Uint8Array): SparseMap | undefined {
    const piece = Buffer.from(block.buffer, block.byteOffset, block.length).toString("latin1");
    this.#text += piece;
    this.#newlines += piece.split("\n").length - 1;
    if (this.#newlines === 0)
      throw new ArchiveError("ARCHIVE_MALFORMED", "the map of a sparse file has no count");
    this.#wanted ??= 1 + 2 * readCount(this.#text);
    if (this.#newlines < this.#wanted) return undefined;
    return this.#text.split("\n", this.#wanted).slice(1).map(parseDecimal);
  }
}

function readCount(text: string): number {
  const count = parseDecimal(text.slice(0, text.indexOf("\n")));
  if (count > MAX_STRETCHES) throw tooMany();
  return count;
}

/** Throws `ARCHIVE_MALFORMED` unless the stretches are in order, inside the file, and as long as what is stored. */
export function checkSparseMap(map: SparseMap, storedBytes: number, realBytes: number): void {
  let end = 0;
  let stored = 0;
  for (let index = 0; index < map.length; index += 2) {
    const offset = map[index] ?? 0;
    const length = map[index + 1] ?? 0;
    if (offset < end) throw new ArchiveError("ARCHIVE_MALFORMED", "stretches of a sparse file overlap");
    end = offset + length;
    stored += length;
  }
  if (map.length % 2 !== 0 || end > realBytes || stored !== storedBytes) {
    throw new ArchiveError("ARCHIVE_MALFORMED", "the map of a sparse file does not fit its sizes");
  }
}

function parseDecimal(text: string): number {
  const value = /^\d{1,16}$/u.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  throw new ArchiveError(
    "ARCHIVE_MALFORMED",
    `expected a number in a sparse map, found ${JSON.stringify(text)}`,
  );
}

function tooMany(): ArchiveError {
  return new ArchiveError("LIMIT_REACHED", `a sparse file has more than ${MAX_STRETCHES} stretches`);
}
