import { crc32, deflateRawSync } from "node:zlib";
import { array, assert, constantFrom, nat, property, tuple, uint8Array } from "fast-check";
import { expect, it } from "vitest";
import { bytesSource } from "./byte-source.ts";
import { ArchiveError } from "./errors.ts";
import { type ZipLimits, ZipReader } from "./zip.ts";

interface ZipItem {
  readonly name: string | Uint8Array;
  readonly content: string;
  readonly stored?: boolean;
  /** Lies to tell in the central directory. */
  readonly raw?: {
    readonly size?: number;
    readonly crc?: number;
    readonly method?: number;
    readonly flags?: number;
  };
}

/** Writes a zip; with `wide`, sizes and offsets stand in zip64 records (APPNOTE 4.3.14 and 4.5.3). */
function zipOf(items: readonly ZipItem[], { wide = false, comment = "", prefix = "" } = {}): Buffer {
  const locals: Buffer[] = [Buffer.from(prefix)];
  const central: Buffer[] = [];
  let offset = prefix.length;
  for (const item of items) {
    const { local, entry } = zipEntry(item, offset, wide);
    locals.push(local);
    central.push(entry);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(wide ? 0xffff : items.length, 10);
  end.writeUInt32LE(wide ? 0xffffffff : directory.length, 12);
  end.writeUInt32LE(wide ? 0xffffffff : offset, 16);
  end.writeUInt16LE(comment.length, 20);
  const parts = [...locals, directory];
  if (wide) parts.push(zip64End(items.length, directory.length, offset));
  return Buffer.concat([...parts, end, Buffer.from(comment)]);
}

function zip64End(count: number, size: number, offset: number): Buffer {
  const record = Buffer.alloc(56 + 20);
  record.writeUInt32LE(0x06064b50, 0);
  record.writeBigUInt64LE(44n, 4);
  record.writeBigUInt64LE(BigInt(count), 24);
  record.writeBigUInt64LE(BigInt(count), 32);
  record.writeBigUInt64LE(BigInt(size), 40);
  record.writeBigUInt64LE(BigInt(offset), 48);
  record.writeUInt32LE(0x07064b50, 56);
  record.writeBigUInt64LE(BigInt(offset + size), 64);
  return record;
}

function zipEntry({ name, content, stored = false, raw = {} }: ZipItem, offset: number, wide: boolean) {
  const bytes = Buffer.from(content);
  const packed = stored ? bytes : deflateRawSync(bytes);
  const nameBytes = Buffer.from(name);
  const size = raw.size ?? bytes.length;
  const extra = wide ? zip64Extra(size, packed.length, offset) : Buffer.alloc(0);
  const entry = Buffer.alloc(46);
  entry.writeUInt32LE(0x02014b50, 0);
  entry.writeUInt16LE(raw.flags ?? 0, 8);
  entry.writeUInt16LE(raw.method ?? (stored ? 0 : 8), 10);
  entry.writeUInt32LE(raw.crc ?? crc32(bytes), 16);
  entry.writeUInt32LE(wide ? 0xffffffff : packed.length, 20);
  entry.writeUInt32LE(wide ? 0xffffffff : size, 24);
  entry.writeUInt16LE(nameBytes.length, 28);
  entry.writeUInt16LE(extra.length, 30);
  entry.writeUInt32LE(wide ? 0xffffffff : offset, 42);
  const local = Buffer.alloc(30);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(nameBytes.length, 26);
  local.writeUInt16LE(4, 28);
  return {
    local: Buffer.concat([local, nameBytes, Buffer.alloc(4), packed]),
    entry: Buffer.concat([entry, nameBytes, extra]),
  };
}

function zip64Extra(size: number, packed: number, offset: number): Buffer {
  const extra = Buffer.alloc(4 + 24);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(24, 2);
  for (const [index, value] of [size, packed, offset].entries())
    extra.writeBigUInt64LE(BigInt(value), 4 + 8 * index);
  return extra;
}

function readAll(bytes: Buffer, limits: Partial<ZipLimits> = {}): Record<string, string> {
  const reader = new ZipReader(bytesSource(bytes), limits);
  const found: Record<string, string> = {};
  for (const entry of reader.entries()) found[entry.name] = Buffer.from(reader.read(entry)).toString();
  return found;
}

const items: readonly ZipItem[] = [
  { name: "a.json", content: "{}" },
  { name: "d/b", content: "text ".repeat(5000) },
  { name: "stored", content: "as it is", stored: true },
  { name: "empty", content: "" },
];
const expected = Object.fromEntries(items.map(({ name, content }) => [name, content]));

it.each([
  ["a zip", zipOf(items)],
  ["a zip with a comment", zipOf(items, { comment: "PK\u0005\u0006 hello" })],
  ["a zip64", zipOf(items, { wide: true })],
  ["a zip with something before it", zipOf(items, { prefix: "#!/bin/sh\n" })],
])("reads %s", (_, bytes) => {
  expect(readAll(bytes)).toEqual(expected);
});

it("reads a zip of nothing, and names that are not UTF-8", () => {
  expect(readAll(zipOf([]))).toEqual({});
  expect(readAll(zipOf([{ name: Buffer.from([0xe9]), content: "1" }]))).toEqual({ é: "1" });
});

it.each<[string, Buffer, string]>([
  ["nothing", Buffer.alloc(0), "ARCHIVE_MALFORMED"],
  ["no zip", Buffer.alloc(1000, 0x50), "ARCHIVE_MALFORMED"],
  ["a zip cut short", zipOf(items).subarray(0, -30), "ARCHIVE_MALFORMED"],
  ["a zip whose beginning is missing", zipOf(items).subarray(200), "ARCHIVE_TRUNCATED"],
  ["a size that is too small", zipOf([{ name: "a", content: "hello", raw: { size: 3 } }]), "ENTRY_DAMAGED"],
  ["a size that is too large", zipOf([{ name: "a", content: "hello", raw: { size: 9 } }]), "ENTRY_DAMAGED"],
  ["a wrong checksum", zipOf([{ name: "a", content: "hello", raw: { crc: 1 } }]), "ENTRY_DAMAGED"],
  [
    "a bomb that says it is small",
    zipOf([{ name: "a", content: "0".repeat(1 << 20), raw: { size: 10 } }]),
    "ENTRY_DAMAGED",
  ],
  [
    "a compression that is not read",
    zipOf([{ name: "a", content: "x", raw: { method: 12 } }]),
    "ENTRY_UNSUPPORTED",
  ],
  ["an encrypted entry", zipOf([{ name: "a", content: "x", raw: { flags: 1 } }]), "ENTRY_UNSUPPORTED"],
])("refuses %s", (_, bytes, code) => {
  expect(() => readAll(bytes)).toThrow(expect.objectContaining({ code }));
});

it.each<[string, Partial<ZipLimits>]>([
  ["entries", { entries: 3 }],
  ["bytes of the directory", { directoryBytes: 100 }],
  ["bytes of an entry", { entryBytes: 1000 }],
  ["bytes of all entries", { totalBytes: 25_003 }],
])("refuses more %s than the limit", (_, limits) => {
  expect(() => readAll(zipOf(items), limits)).toThrow(expect.objectContaining({ code: "LIMIT_REACHED" }));
});

it("never throws anything but its own error", () => {
  const bases = [zipOf(items), zipOf(items, { wide: true })];
  const change = tuple(nat(), uint8Array({ minLength: 1, maxLength: 8 }));
  assert(
    property(constantFrom(...bases), array(change, { minLength: 1, maxLength: 3 }), (base, changes) => {
      const bytes = Buffer.from(base);
      // Near the end lies what says where everything is.
      for (const [at, values] of changes)
        bytes.set(values.subarray(0, 8), Math.max(0, bytes.length - 8 - (at % 400)));
      expect(thrownBy(() => readAll(bytes)) ?? own).toBeInstanceOf(ArchiveError);
    }),
    { numRuns: 1000 },
  );
});

/** What stands for "nothing was thrown". */
const own = new ArchiveError("ARCHIVE_MALFORMED", "none");

function thrownBy(action: () => unknown): unknown {
  try {
    action();
    return undefined;
  } catch (thrown) {
    return thrown;
  }
}
