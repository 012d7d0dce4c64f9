import { SensorError } from "../errors.ts";
import { u16, u32, u64 } from "./little-endian.ts";
import { wireSizes } from "./wire-format.ts";

const HIGH_WORD = 0x1_0000_0000;

/**
 * One record where it lies: nothing is copied or decoded before it is asked for. It keeps the whole chunk of the
 * stream in memory, so what is kept for long has to be detached.
 */
export class WireRecord {
  readonly buffer: Buffer;
  readonly offset: number;
  readonly end: number;
  readonly kind: number;
  readonly flags: number;
  /** CLOCK_BOOTTIME in nanoseconds; whole up to 104 days, to two of them afterwards. */
  readonly timeNs: number;
  readonly cgroupId: number;
  readonly pid: number;

  /** Only {@link readRecords} makes one, which has checked the sizes. */
  constructor(buffer: Buffer, offset: number, end: number) {
    this.buffer = buffer;
    this.offset = offset;
    this.end = end;
    this.kind = u16(buffer, offset + 4);
    this.flags = u16(buffer, offset + 6);
    this.timeNs = u64(buffer, offset + 8);
    this.cgroupId = u64(buffer, offset + 16);
    this.pid = u32(buffer, offset + 32);
  }

  get result(): number {
    return (u32(this.buffer, this.offset + 28) | 0) * HIGH_WORD + u32(this.buffer, this.offset + 24);
  }

  get tid(): number {
    return u32(this.buffer, this.offset + 36);
  }

  get ppid(): number {
    return u32(this.buffer, this.offset + 40);
  }

  get cpu(): number {
    return u32(this.buffer, this.offset + 44);
  }

  /** Where the bytes of a section begin; -1 where the record has none of that tag. */
  find(tag: number): number {
    const { buffer, end } = this;
    let at = this.offset + wireSizes.record;
    while (at + wireSizes.section <= end) {
      const length = u16(buffer, at + 2);
      if (u16(buffer, at) === tag) return at + wireSizes.section;
      at += wireSizes.section + padded(length);
    }
    return -1;
  }

  /** Where the bytes of a section of at least so many bytes begin; -1 where there is no such section. */
  findSized(tag: number, bytes: number): number {
    const at = this.find(tag);
    return at >= 0 && this.lengthAt(at) >= bytes ? at : -1;
  }

  /** How many bytes the section has that {@link find} found. */
  lengthAt(at: number): number {
    return u16(this.buffer, at - 2);
  }

  has(tag: number): boolean {
    return this.find(tag) >= 0;
  }

  text(tag: number): string | undefined {
    const at = this.find(tag);
    return at < 0 ? undefined : this.buffer.toString("utf8", at, at + this.lengthAt(at));
  }

  /** Texts that are each ended by NUL; one that was cut off at the end counts too. */
  texts(tag: number): readonly string[] | undefined {
    const text = this.text(tag);
    if (text === undefined) return undefined;
    if (text === "") return [];
    return (text.endsWith("\0") ? text.slice(0, -1) : text).split("\0");
  }

  /** The bytes where they lie. */
  bytes(tag: number): Buffer | undefined {
    const at = this.find(tag);
    return at < 0 ? undefined : this.buffer.subarray(at, at + this.lengthAt(at));
  }

  number(tag: number): number | undefined {
    const at = this.findSized(tag, 8);
    return at < 0 ? undefined : u64(this.buffer, at);
  }

  /** A number whose lower half is a signed int, as descriptors are. */
  int(tag: number): number | undefined {
    const at = this.findSized(tag, 8);
    return at < 0 ? undefined : u32(this.buffer, at) | 0;
  }

  bigint(tag: number): bigint | undefined {
    const at = this.findSized(tag, 8);
    return at < 0 ? undefined : this.buffer.readBigUInt64LE(at);
  }

  /** The same record in memory of its own. */
  detached(): WireRecord {
    const copy = Buffer.from(this.buffer.subarray(this.offset, this.end));
    return new WireRecord(copy, 0, copy.length);
  }
}

/**
 * Reads the records of a frame. Throws `WIRE_MALFORMED` where the size of a record or of a section does not lie
 * within what holds it, so that no reader has to look again.
 */
export function readRecords(payload: Buffer): readonly WireRecord[] {
  const records: WireRecord[] = [];
  for (let offset = 0; offset < payload.length; ) {
    const end = recordEnd(payload, offset);
    checkSections(payload, offset, end);
    records.push(new WireRecord(payload, offset, end));
    offset = end;
  }
  return records;
}

function recordEnd(payload: Buffer, offset: number): number {
  const left = payload.length - offset;
  const size = left < wireSizes.record ? left : u32(payload, offset);
  if (size < wireSizes.record || size > left || size % 8 !== 0) {
    throw new SensorError("WIRE_MALFORMED", `a record of ${size} bytes where ${left} are left`);
  }
  return offset + size;
}

function checkSections(payload: Buffer, offset: number, end: number): void {
  let at = offset + wireSizes.record;
  // Less than a section is the padding of the record.
  while (at + wireSizes.section <= end) {
    at += wireSizes.section + padded(u16(payload, at + 2));
  }
  if (at > end) throw new SensorError("WIRE_MALFORMED", `a section ends ${at - end} bytes after its record`);
}

function padded(length: number): number {
  return (length + 3) & ~3;
}
