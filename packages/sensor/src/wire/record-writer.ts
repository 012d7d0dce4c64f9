import { wireSizes, wireTags } from "./wire-format.ts";

export type WireTag = keyof typeof wireTags;

/** What a record says. Sections are text, texts that NUL ends, bytes, or numbers for the tags of numbers. */
export interface RecordContent {
  readonly kind: number;
  readonly flags?: number;
  readonly timeNs?: number;
  readonly cgroupId?: number;
  readonly result?: number;
  readonly pid: number;
  readonly tid?: number;
  readonly ppid?: number;
  readonly cpu?: number;
  readonly sections?: Readonly<Partial<Record<WireTag, SectionContent>>>;
}

export type SectionContent = string | readonly string[] | Uint8Array | number | bigint;

/** A record as the native sensor writes it: for captures, and for tests. */
export function recordBytes(content: RecordContent): Buffer {
  const sections = Object.entries(content.sections ?? {}).map(([tag, value]) =>
    sectionBytes(isWireTag(tag) ? wireTags[tag] : 0, value),
  );
  let length: number = wireSizes.record;
  for (const section of sections) length += section.length;
  const bytes = Buffer.alloc(Math.ceil(length / 8) * 8);
  bytes.writeUInt32LE(bytes.length, 0);
  bytes.writeUInt16LE(content.kind, 4);
  bytes.writeUInt16LE(content.flags ?? 0, 6);
  bytes.writeBigUInt64LE(BigInt(Math.trunc(content.timeNs ?? 0)), 8);
  bytes.writeBigUInt64LE(BigInt(content.cgroupId ?? 0), 16);
  bytes.writeBigInt64LE(BigInt(content.result ?? 0), 24);
  bytes.writeUInt32LE(content.pid, 32);
  bytes.writeUInt32LE(content.tid ?? content.pid, 36);
  bytes.writeUInt32LE(content.ppid ?? 0, 40);
  bytes.writeUInt32LE(content.cpu ?? 0, 44);
  let at: number = wireSizes.record;
  for (const section of sections) {
    section.copy(bytes, at);
    at += section.length;
  }
  return bytes;
}

function sectionBytes(tag: number, content: SectionContent): Buffer {
  const body = contentBytes(content);
  const bytes = Buffer.alloc(wireSizes.section + Math.ceil(body.length / 4) * 4);
  bytes.writeUInt16LE(tag, 0);
  bytes.writeUInt16LE(body.length, 2);
  body.copy(bytes, wireSizes.section);
  return bytes;
}

function contentBytes(content: SectionContent): Buffer {
  if (typeof content === "string") return Buffer.from(content);
  if (content instanceof Uint8Array) return Buffer.from(content);
  if (typeof content === "number" || typeof content === "bigint") {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(content)));
    return bytes;
  }
  return Buffer.from(content.map((text) => `${text}\0`).join(""));
}

function isWireTag(text: string): text is WireTag {
  return Object.hasOwn(wireTags, text);
}
