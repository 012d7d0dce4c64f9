import { u16, u32, u64 } from "./little-endian.ts";
import type { WireRecord } from "./record-reader.ts";
import { wireSizes, wireTags } from "./wire-format.ts";

/** `struct wire_process`. */
export interface WireProcess {
  readonly uid: number;
  readonly euid: number;
  readonly gid: number;
  readonly egid: number;
  /** -1: none. */
  readonly loginuid: number;
  readonly sid: number;
  readonly pgid: number;
  readonly vpid: number;
  readonly vtid: number;
  readonly vpgid: number;
  readonly vsid: number;
  readonly tty: number;
  readonly startNs: number;
  readonly capPermitted: bigint;
  readonly capEffective: bigint;
  readonly capInheritable: bigint;
  readonly exeInode: number;
  readonly exeMtimeNs: number;
  readonly exeCtimeNs: number;
  readonly exeDevice: number;
  readonly exeFlags: number;
  readonly pidNamespace: number;
  readonly mountNamespace: number;
  readonly netNamespace: number;
  readonly userNamespace: number;
}

export function readProcess(record: WireRecord): WireProcess | undefined {
  const at = record.findSized(wireTags.process, wireSizes.process);
  if (at < 0) return undefined;
  const { buffer } = record;
  return {
    uid: u32(buffer, at),
    euid: u32(buffer, at + 4),
    gid: u32(buffer, at + 8),
    egid: u32(buffer, at + 12),
    loginuid: u32(buffer, at + 16) | 0,
    sid: u32(buffer, at + 20),
    pgid: u32(buffer, at + 24),
    vpid: u32(buffer, at + 28),
    vtid: u32(buffer, at + 32),
    vpgid: u32(buffer, at + 36),
    vsid: u32(buffer, at + 40),
    tty: u32(buffer, at + 44),
    startNs: u64(buffer, at + 48),
    capPermitted: buffer.readBigUInt64LE(at + 56),
    capEffective: buffer.readBigUInt64LE(at + 64),
    capInheritable: buffer.readBigUInt64LE(at + 72),
    exeInode: u64(buffer, at + 80),
    exeMtimeNs: u64(buffer, at + 88),
    exeCtimeNs: u64(buffer, at + 96),
    exeDevice: u32(buffer, at + 104),
    exeFlags: u32(buffer, at + 108),
    pidNamespace: u32(buffer, at + 112),
    mountNamespace: u32(buffer, at + 116),
    netNamespace: u32(buffer, at + 120),
    userNamespace: u32(buffer, at + 124),
  };
}

/** The same structure in bytes: for captures, and for tests. */
export function processBytes(process: WireProcess): Buffer {
  const bytes = Buffer.alloc(wireSizes.process);
  const words = [process.uid, process.euid, process.gid, process.egid, process.loginuid >>> 0, process.sid];
  words.push(process.pgid, process.vpid, process.vtid, process.vpgid, process.vsid, process.tty);
  words.forEach((word, place) => {
    bytes.writeUInt32LE(word, place * 4);
  });
  const longs = [process.startNs, process.capPermitted, process.capEffective, process.capInheritable];
  longs.push(process.exeInode, process.exeMtimeNs, process.exeCtimeNs);
  longs.forEach((long, place) => {
    bytes.writeBigUInt64LE(BigInt(long), 48 + place * 8);
  });
  const tail = [process.exeDevice, process.exeFlags, process.pidNamespace, process.mountNamespace];
  tail.push(process.netNamespace, process.userNamespace);
  tail.forEach((word, place) => {
    bytes.writeUInt32LE(word, 104 + place * 4);
  });
  return bytes;
}

/** `struct wire_file`. */
export interface WireFile {
  readonly inode: number;
  readonly device: number;
  readonly mode: number;
  readonly flags: number;
  readonly fileFlags: number;
}

export function readFile(record: WireRecord): WireFile | undefined {
  const at = record.findSized(wireTags.file, wireSizes.file);
  if (at < 0) return undefined;
  const { buffer } = record;
  return {
    inode: u64(buffer, at),
    device: u32(buffer, at + 8),
    mode: u32(buffer, at + 12),
    flags: u32(buffer, at + 16),
    fileFlags: u32(buffer, at + 20),
  };
}

/** `struct wire_address`. An address of version 4 that is mapped into version 6 is one of version 4 here. */
export interface WireAddress {
  readonly family: number;
  readonly port: number;
  /** SOCK_STREAM and so on. */
  readonly type: number;
  readonly protocol: number;
  /** As RFC 5952 has it. */
  readonly address: string;
}

const AF_INET = 2;
const AF_INET6 = 10;
const MAPPED = "::ffff:";

export function readAddress(record: WireRecord, tag: number): WireAddress | undefined {
  const at = record.findSized(tag, wireSizes.address);
  if (at < 0) return undefined;
  const { buffer } = record;
  const family = u16(buffer, at);
  if (family !== AF_INET && family !== AF_INET6) return undefined;
  const text = family === AF_INET ? formatIpv4(buffer, at + 8) : formatIpv6(buffer, at + 8);
  const mapped = text.startsWith(MAPPED);
  return {
    family: mapped ? AF_INET : family,
    port: u16(buffer, at + 2),
    type: u16(buffer, at + 4),
    protocol: u16(buffer, at + 6),
    address: mapped ? text.slice(MAPPED.length) : text,
  };
}

export function formatIpv4(buffer: Buffer, at: number): string {
  return `${buffer[at]}.${buffer[at + 1]}.${buffer[at + 2]}.${buffer[at + 3]}`;
}

/** RFC 5952; an address of version 4 that is mapped keeps its dots. */
export function formatIpv6(buffer: Buffer, at: number): string {
  const groups = Array.from({ length: 8 }, (_, place) => buffer.readUInt16BE(at + place * 2));
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return `${MAPPED}${formatIpv4(buffer, at + 12)}`;
  }
  const [start, length] = longestZeros(groups);
  const words = groups.map((group) => group.toString(16));
  if (length < 2) return words.join(":");
  return `${words.slice(0, start).join(":")}::${words.slice(start + length).join(":")}`;
}

function longestZeros(groups: readonly number[]): readonly [start: number, length: number] {
  let best: readonly [number, number] = [0, 0];
  let start = 0;
  groups.forEach((group, place) => {
    if (group !== 0) start = place + 1;
    else if (place + 1 - start > best[1]) best = [start, place + 1 - start];
  });
  return best;
}
