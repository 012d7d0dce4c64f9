import { crc32, deflateRawSync } from "node:zlib";

/** One entry of a zip that a test builds. */
export interface ZipItem {
  readonly name: string | Uint8Array;
  readonly content: string | Uint8Array;
  /** Packed where absent. */
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
export function zipOf(items: readonly ZipItem[], { wide = false, comment = "", prefix = "" } = {}): Buffer {
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
  const bytes = typeof content === "string" ? Buffer.from(content) : Buffer.from(content);
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
