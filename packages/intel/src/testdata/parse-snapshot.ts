import { createHash } from "node:crypto";

/** One row of a snapshot, read by its published form and nothing else. */
export interface SnapshotRow {
  readonly found: string;
  readonly port: number;
  readonly reportOnly: boolean;
  readonly indicator: number;
  readonly expiresAt: number;
}

export interface ParsedSnapshot {
  readonly v4: readonly SnapshotRow[];
  readonly v6: readonly SnapshotRow[];
  readonly names: readonly { readonly hash: bigint; readonly indicator: number; readonly expiresAt: number }[];
}

/** Reads a snapshot as the kernel's side does. Throws where anything is not as it is told. */
export function parseSnapshot(bytes: Buffer): ParsedSnapshot {
  const header = bytes.subarray(0, 96);
  const number = (offset: number): number => Number(header.readBigUInt64LE(offset));
  if (header.toString("latin1", 0, 8) !== "PRQINTL1") throw new Error("another magic");
  if (header.readUInt32LE(8) !== 1 || header.readUInt32LE(12) !== 0) throw new Error("another version");
  const sum = createHash("sha256").update(bytes.subarray(96)).digest();
  if (!sum.equals(header.subarray(64, 96))) throw new Error("another sum");
  const [v4, v6, names] = [number(16), number(24), number(32)];
  const [offset4, offset6, offsetNames] = [number(40), number(48), number(56)];
  if (offset4 !== 96 || offset6 !== 96 + 16 * v4 || offsetNames !== offset6 + 32 * v6) throw new Error("gaps");
  if (bytes.length !== offsetNames + 16 * names) throw new Error("another length");
  const rows = <T>(count: number, offset: number, size: number, read: (row: Buffer) => T): T[] =>
    Array.from({ length: count }, (_, index) => read(bytes.subarray(offset + index * size, offset + (index + 1) * size)));
  return {
    v4: rows(v4, offset4, 16, (row) => addressRow(row, [...row.subarray(8, 12)].join("."), row.readUInt32LE(12))),
    v6: rows(v6, offset6, 32, (row) => {
      if (row.readUInt32LE(28) !== 0) throw new Error("no zero at the end");
      return addressRow(row, row.toString("hex", 8, 24), row.readUInt32LE(24));
    }),
    names: rows(names, offsetNames, 16, (row) => ({
      hash: row.readBigUInt64LE(0),
      indicator: row.readUInt32LE(8),
      expiresAt: row.readUInt32LE(12),
    })),
  };
}

function addressRow(row: Buffer, address: string, expiresAt: number): SnapshotRow {
  return {
    found: `${address}/${row.readUInt8(0)}`,
    port: row.readUInt16LE(2),
    reportOnly: (row.readUInt8(1) & 1) === 1,
    indicator: row.readUInt32LE(4),
    expiresAt,
  };
}
