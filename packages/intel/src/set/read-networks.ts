import { readFileSync } from "node:fs";
import { type IpNetwork, maskOf } from "../canonical/address.ts";
import { IntelError } from "../errors.ts";
import { SNAPSHOT_HEADER_BYTES, SNAPSHOT_MAGIC, V4_ROW_BYTES, V6_ROW_BYTES } from "./snapshot-format.ts";

/** Reads the networks of a snapshot that was checked, each with the number of its indicator. Throws `SET_CORRUPT`. */
export function* readNetworks(path: string): Generator<readonly [IpNetwork, number], void, undefined> {
  const bytes = readFileSync(path);
  if (bytes.length < SNAPSHOT_HEADER_BYTES || bytes.toString("latin1", 0, 8) !== SNAPSHOT_MAGIC) {
    throw new IntelError("SET_CORRUPT", `${JSON.stringify(path)} is no snapshot`);
  }
  const number = (at: number): number => Number(bytes.readBigUInt64LE(at));
  const [v4, v6, offset4, offset6] = [number(16), number(24), number(40), number(48)];
  if (offset4 + v4 * V4_ROW_BYTES > bytes.length || offset6 + v6 * V6_ROW_BYTES > bytes.length) {
    throw new IntelError("SET_CORRUPT", `${JSON.stringify(path)} breaks off`);
  }
  for (let row = 0, at = offset4; row < v4; row += 1, at += V4_ROW_BYTES) {
    const network = { family: 4, value: bytes.readUInt32BE(at + 8), prefix: bytes.readUInt8(at) } as const;
    yield [network, bytes.readUInt32LE(at + 4)];
  }
  for (let row = 0, at = offset6; row < v6; row += 1, at += V6_ROW_BYTES) {
    const value = (bytes.readBigUInt64BE(at + 8) << 64n) | bytes.readBigUInt64BE(at + 16);
    yield [maskOf({ family: 6, value }, bytes.readUInt8(at)), bytes.readUInt32LE(at + 4)];
  }
}
