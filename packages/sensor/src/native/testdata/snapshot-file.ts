import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import net from "node:net";

export interface AddressRow {
  readonly address: string;
  readonly prefixLength?: number;
  readonly port?: number;
  readonly indicator?: number;
  readonly reportOnly?: boolean;
  readonly expiresAt?: number;
}

export interface NameRow {
  readonly name: string;
  readonly indicator?: number;
}

export interface SnapshotRows {
  readonly v4?: readonly AddressRow[];
  readonly v6?: readonly AddressRow[];
  readonly names?: readonly NameRow[];
}

const HEADER_BYTES = 96;

/** Writes a snapshot as packages/sensor/native/snapshot.h describes it. */
export function writeSnapshot(path: string, { v4 = [], v6 = [], names = [] }: SnapshotRows): void {
  writeFileSync(path, snapshotOf({ v4, v6, names }));
}

export function snapshotOf({ v4 = [], v6 = [], names = [] }: SnapshotRows): Buffer {
  return snapshotOfBytes(
    Buffer.concat(v4.map((row) => addressRow(row, 32, 16))),
    Buffer.concat(v6.map((row) => addressRow(row, 128, 32))),
    Buffer.concat(names.map(nameRow)),
  );
}

/** Of rows that are bytes already. */
export function snapshotOfBytes(v4: Buffer, v6: Buffer, names: Buffer): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  const body = Buffer.concat([v4, v6, names]);
  header.write("PRQINTL1", "latin1");
  header.writeUInt32LE(1, 8);
  const sizes = [v4.length / 16, v6.length / 32, names.length / 16];
  const offsets = [HEADER_BYTES, HEADER_BYTES + v4.length, HEADER_BYTES + v4.length + v6.length];
  for (const [i, number] of [...sizes, ...offsets].entries()) {
    header.writeBigUInt64LE(BigInt(number), 16 + i * 8);
  }
  createHash("sha256").update(body).digest().copy(header, 64);
  return Buffer.concat([header, body]);
}

export function addressBytes(address: string): Buffer {
  if (net.isIPv4(address)) return Buffer.from(address.split(".").map(Number));
  const [head = "", tail] = address.split("::");
  const left = head.split(":").filter((group) => group !== "");
  const right = (tail ?? "").split(":").filter((group) => group !== "");
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => "0");
  const bytes = Buffer.alloc(16);
  for (const [i, group] of [...left, ...zeros, ...right].entries()) {
    bytes.writeUInt16BE(Number.parseInt(group, 16), i * 2);
  }
  return bytes;
}

function addressRow(row: AddressRow, fullLength: number, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  bytes.writeUInt8(row.prefixLength ?? fullLength, 0);
  bytes.writeUInt8(row.reportOnly === true ? 1 : 0, 1);
  bytes.writeUInt16LE(row.port ?? 0, 2);
  bytes.writeUInt32LE(row.indicator ?? 1, 4);
  addressBytes(row.address).copy(bytes, 8);
  bytes.writeUInt32LE(row.expiresAt ?? 0, 8 + fullLength / 8);
  return bytes;
}

function nameRow({ name, indicator = 1 }: NameRow): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeBigUInt64LE(fnv1a(name), 0);
  bytes.writeUInt32LE(indicator, 8);
  return bytes;
}

function fnv1a(text: string): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(text)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash;
}
