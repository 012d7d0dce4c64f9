import { createHash } from "node:crypto";
import type { IpNetwork } from "../canonical/address.ts";
import type { Hash64 } from "../canonical/hash64.ts";
import { RowTable } from "../canonical/row-table.ts";
import {
  NAME_ROW_BYTES,
  REPORT_ONLY,
  SNAPSHOT_HEADER_BYTES,
  SNAPSHOT_MAGIC,
  SNAPSHOT_VERSION,
  V4_ROW_BYTES,
  V6_ROW_BYTES,
} from "./snapshot-format.ts";

/** What a row says besides what it is found by. */
export interface RowFacts {
  /** The number of the indicator in the set. */
  readonly indicator: number;
  /** Milliseconds since 1970; undefined for never. */
  readonly expiresAt: number | undefined;
  readonly reportOnly: boolean;
}

/** What was written. */
export interface SnapshotSummary {
  readonly sha256: string;
  readonly v4: number;
  readonly v6: number;
  readonly names: number;
}

/** Where a snapshot goes: pieces, each at its place. A piece is written over once `write` has returned. */
export interface SnapshotOut {
  write(bytes: Uint8Array, position: number): void;
}

/** The first columns are what rows are found by; behind them: flags, indicator, expiry. */
const V4_KEYS = 3;
const V6_KEYS = 6;
const NAME_KEYS = 2;
const FACTS = 3;

/** Gathers the rows of a snapshot in any order. */
export class SnapshotRows {
  readonly #v4 = new RowTable(V4_KEYS + FACTS);
  readonly #v6 = new RowTable(V6_KEYS + FACTS);
  readonly #names = new RowTable(NAME_KEYS + FACTS);

  network(network: IpNetwork, port: number, facts: RowFacts): void {
    if (network.family === 4) {
      this.#v4.push(network.value, network.prefix, port, ...columnsOf(facts));
      return;
    }
    const { value, prefix } = network;
    const words = [96n, 64n, 32n, 0n].map((shift) => Number((value >> shift) & 0xffff_ffffn));
    this.#v6.push(...words, prefix, port, ...columnsOf(facts));
  }

  /** A name of which only reports are wanted has no row: rows of names carry no flag that could say so. */
  name({ high, low }: Hash64, facts: RowFacts): void {
    if (!facts.reportOnly) this.#names.push(high, low, ...columnsOf(facts));
  }

  /** What there is now, to go back to. */
  mark(): readonly [number, number, number] {
    return [this.#v4.count, this.#v6.count, this.#names.count];
  }

  rollBack([v4, v6, names]: readonly [number, number, number]): void {
    this.#v4.truncate(v4);
    this.#v6.truncate(v6);
    this.#names.truncate(names);
  }

  /** Writes all rows in order, and the header last: half of a snapshot has none. */
  writeTo(out: SnapshotOut): SnapshotSummary {
    const parts: readonly Part[] = [
      { table: this.#v4, keys: V4_KEYS, rowBytes: V4_ROW_BYTES, write: writeV4 },
      { table: this.#v6, keys: V6_KEYS, rowBytes: V6_ROW_BYTES, write: writeV6 },
      { table: this.#names, keys: NAME_KEYS, rowBytes: NAME_ROW_BYTES, write: writeName },
    ];
    const header = Buffer.alloc(SNAPSHOT_HEADER_BYTES);
    header.write(SNAPSHOT_MAGIC, 0, "latin1");
    header.writeUInt32LE(SNAPSHOT_VERSION, 8);
    const hash = createHash("sha256");
    const counts = [0, 0, 0];
    let offset = SNAPSHOT_HEADER_BYTES;
    for (const [index, part] of parts.entries()) {
      header.writeBigUInt64LE(BigInt(offset), 40 + 8 * index);
      for (const piece of piecesOf(part)) {
        hash.update(piece);
        out.write(piece, offset);
        offset += piece.length;
        counts[index] = (counts[index] ?? 0) + piece.length / part.rowBytes;
      }
      header.writeBigUInt64LE(BigInt(counts[index] ?? 0), 16 + 8 * index);
    }
    const digest = hash.digest();
    digest.copy(header, 64);
    out.write(header, 0);
    const [v4 = 0, v6 = 0, names = 0] = counts;
    return { sha256: digest.toString("hex"), v4, v6, names };
  }
}

function columnsOf({ indicator, expiresAt, reportOnly }: RowFacts): readonly [number, number, number] {
  const seconds =
    expiresAt === undefined ? 0 : Math.min(Math.max(1, Math.ceil(expiresAt / 1000)), 0xffff_ffff);
  return [reportOnly ? REPORT_ONLY : 0, indicator, seconds];
}

/** One row read from a table, by its columns. */
type Column = (column: number) => number;

interface Part {
  readonly table: RowTable;
  readonly keys: number;
  readonly rowBytes: number;
  readonly write: (column: Column, out: Buffer, at: number) => void;
}

const PIECE_ROWS = 4096;

/** The rows in order, of those that are found by the same the strongest alone, some thousands at a time. */
function* piecesOf({ table, keys, rowBytes, write }: Part): Generator<Uint8Array> {
  const piece = Buffer.alloc(PIECE_ROWS * rowBytes);
  let filled = 0;
  let before: number | undefined;
  for (const row of table.sorted(keys, (left, right) => strength(table, keys, left, right))) {
    if (before !== undefined && table.isSame(before, row, keys)) continue;
    write((column) => table.at(row, column), piece, filled);
    filled += rowBytes;
    before = row;
    if (filled < piece.length) continue;
    yield piece;
    filled = 0;
  }
  if (filled > 0) yield piece.subarray(0, filled);
}

/** What blocks comes before what only reports, what holds longer before what ends, the earlier before the later. */
function strength(table: RowTable, keys: number, left: number, right: number): number {
  const until = (row: number): number => table.at(row, keys + 2) || Number.POSITIVE_INFINITY;
  const flags = table.at(left, keys) - table.at(right, keys);
  if (flags !== 0) return flags;
  const [leftUntil, rightUntil] = [until(left), until(right)];
  if (leftUntil !== rightUntil) return leftUntil > rightUntil ? -1 : 1;
  return table.at(left, keys + 1) - table.at(right, keys + 1);
}

function writeV4(column: Column, out: Buffer, at: number): void {
  out.writeUInt8(column(1), at);
  out.writeUInt8(column(3), at + 1);
  out.writeUInt16LE(column(2), at + 2);
  out.writeUInt32LE(column(4), at + 4);
  out.writeUInt32BE(column(0), at + 8);
  out.writeUInt32LE(column(5), at + 12);
}

function writeV6(column: Column, out: Buffer, at: number): void {
  out.writeUInt8(column(4), at);
  out.writeUInt8(column(6), at + 1);
  out.writeUInt16LE(column(5), at + 2);
  out.writeUInt32LE(column(7), at + 4);
  for (let word = 0; word < 4; word += 1) out.writeUInt32BE(column(word), at + 8 + 4 * word);
  out.writeUInt32LE(column(8), at + 24);
}

function writeName(column: Column, out: Buffer, at: number): void {
  out.writeUInt32LE(column(1), at);
  out.writeUInt32LE(column(0), at + 4);
  out.writeUInt32LE(column(3), at + 8);
  out.writeUInt32LE(column(4), at + 12);
}
