import { closeSync, openSync, readSync } from "node:fs";
import { type IpNetwork, maskOf } from "../canonical/address.ts";
import { IntelError } from "../errors.ts";
import { SNAPSHOT_HEADER_BYTES, SNAPSHOT_MAGIC, V4_ROW_BYTES, V6_ROW_BYTES } from "./snapshot-format.ts";

/** Hears the networks of a snapshot in their order: by address, and of the same address the wider first. */
export interface NetworkVisitor {
  /** How many of IPv4 are coming. */
  begin(v4: number): void;
  /** Without an object for each: there are a million of them. */
  v4(value: number, prefix: number, indicator: number): void;
  v6(network: IpNetwork, indicator: number): void;
}

const PIECE_ROWS = 4096;

/** Reads through a snapshot that was checked, some thousand rows at a time. Throws `SET_CORRUPT`. */
export function visitNetworks(path: string, visitor: NetworkVisitor): void {
  const descriptor = openSync(path, "r");
  try {
    const header = Buffer.alloc(SNAPSHOT_HEADER_BYTES);
    readWhole(descriptor, header, 0, path);
    if (header.toString("latin1", 0, 8) !== SNAPSHOT_MAGIC) {
      throw new IntelError("SET_CORRUPT", `${JSON.stringify(path)} is no snapshot`);
    }
    const number = (at: number): number => Number(header.readBigUInt64LE(at));
    const [v4, v6, offset4, offset6] = [number(16), number(24), number(40), number(48)];
    visitor.begin(v4);
    const piece = Buffer.alloc(PIECE_ROWS * V6_ROW_BYTES);
    for (let row = 0; row < v4; row += PIECE_ROWS) {
      const rows = piece.subarray(0, Math.min(PIECE_ROWS, v4 - row) * V4_ROW_BYTES);
      readWhole(descriptor, rows, offset4 + row * V4_ROW_BYTES, path);
      for (let at = 0; at < rows.length; at += V4_ROW_BYTES) {
        visitor.v4(rows.readUInt32BE(at + 8), rows.readUInt8(at), rows.readUInt32LE(at + 4));
      }
    }
    for (let row = 0; row < v6; row += PIECE_ROWS) {
      const rows = piece.subarray(0, Math.min(PIECE_ROWS, v6 - row) * V6_ROW_BYTES);
      readWhole(descriptor, rows, offset6 + row * V6_ROW_BYTES, path);
      for (let at = 0; at < rows.length; at += V6_ROW_BYTES) {
        const value = (rows.readBigUInt64BE(at + 8) << 64n) | rows.readBigUInt64BE(at + 16);
        visitor.v6(maskOf({ family: 6, value }, rows.readUInt8(at)), rows.readUInt32LE(at + 4));
      }
    }
  } finally {
    closeSync(descriptor);
  }
}

function readWhole(descriptor: number, into: Buffer, position: number, path: string): void {
  for (let done = 0; done < into.length; ) {
    const read = readSync(descriptor, into, done, into.length - done, position + done);
    if (read === 0) throw new IntelError("SET_CORRUPT", `${JSON.stringify(path)} breaks off`);
    done += read;
  }
}
