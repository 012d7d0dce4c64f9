import { promisify } from "node:util";
import { constants, gzip, gzipSync, zstdCompressSync } from "node:zlib";
import { assert, asyncProperty, constantFrom, nat, tuple } from "fast-check";
import { expect, it } from "vitest";
import { type DecompressLimits, decompress } from "./decompress.ts";
import { ArchiveError } from "./errors.ts";
import { nodeUnpacker } from "./gzip/node-unpacker.ts";
import { readBounded } from "./read-bounded.ts";

async function* pieces(bytes: Uint8Array, length = 100): AsyncGenerator<Uint8Array, void, void> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

async function unpack(
  bytes: Uint8Array,
  { length, ...limits }: Partial<DecompressLimits> & { readonly length?: number } = {},
): Promise<string> {
  const unpacked = await readBounded(decompress(pieces(bytes, length), limits), 1 << 28);
  return Buffer.from(unpacked).toString();
}

const text = "some text that goes on ".repeat(1000);
const noise = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * index * 31) % 127));
const checked = (content: string) =>
  zstdCompressSync(content, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 1, 2]);

it.each([
  ["nothing", Buffer.alloc(0), ""],
  ["plain bytes", Buffer.from(text), text],
  ["one plain byte", Buffer.from("x"), "x"],
  ["gzip", gzipSync(text), text],
  ["gzip of nothing", gzipSync(""), ""],
  ["gzip of several members", Buffer.concat([gzipSync("a"), gzipSync("b")]), "ab"],
  ["zstd", zstdCompressSync(text), text],
  ["zstd of nothing", zstdCompressSync(""), ""],
  [
    "zstd of a thousand frames",
    Buffer.concat(Array.from({ length: 1000 }, () => zstdCompressSync("a"))),
    "a".repeat(1000),
  ],
  ["zstd with checksums", Buffer.concat([checked("a"), skippable, checked(text)]), `a${text}`],
  ["zstd of bytes that do not shrink", zstdCompressSync(noise), noise.toString()],
  ["zstd of several frames", Buffer.concat([zstdCompressSync("a"), zstdCompressSync("b")]), "ab"],
  ["zstd with a frame to be skipped before it", Buffer.concat([skippable, zstdCompressSync("a")]), "a"],
  ["zstd with a frame to be skipped behind it", Buffer.concat([zstdCompressSync("a"), skippable]), "a"],
])("unpacks %s", async (_, bytes, expected) => {
  for (const length of [1, 7, 100, 1 << 20]) expect(await unpack(bytes, { length })).toBe(expected);
});

it.each([
  ["gzip cut short", gzipSync(text).subarray(0, 50), "COMPRESSION_DAMAGED"],
  ["zstd cut short", zstdCompressSync(text).subarray(0, 20), "COMPRESSION_DAMAGED"],
  ["gzip with a wrong checksum", damage(gzipSync(text), -6), "COMPRESSION_DAMAGED"],
  [
    "gzip with garbage behind it",
    Buffer.concat([gzipSync("a"), Buffer.from("garbage")]),
    "COMPRESSION_DAMAGED",
  ],
  ["gzip with zeros behind it", Buffer.concat([gzipSync("a"), Buffer.alloc(512)]), "COMPRESSION_DAMAGED"],
  [
    "gzip behind zeros",
    Buffer.concat([gzipSync("a"), Buffer.alloc(5), gzipSync("b")]),
    "COMPRESSION_DAMAGED",
  ],
  [
    "zstd with garbage behind it",
    Buffer.concat([zstdCompressSync("a"), Buffer.from("garbage")]),
    "COMPRESSION_DAMAGED",
  ],
  [
    "zstd cut in its second frame",
    Buffer.concat([zstdCompressSync("a"), zstdCompressSync(text)]).subarray(0, 40),
    "COMPRESSION_DAMAGED",
  ],
  [
    "zstd with a skipped frame cut short",
    Buffer.concat([zstdCompressSync("a"), skippable.subarray(0, 9)]),
    "COMPRESSION_DAMAGED",
  ],
  ["bzip2", Buffer.from("BZh91AY&SY"), "ENTRY_UNSUPPORTED"],
  ["xz", Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 0x00]), "ENTRY_UNSUPPORTED"],
])("refuses %s", async (_, bytes, code) => {
  for (const length of [1, 7, 100, 1 << 20]) {
    await expect(unpack(bytes, { length })).rejects.toMatchObject({ code });
  }
});

it.each([
  ["gzip", gzipSync(Buffer.alloc(1 << 24))],
  ["zstd", zstdCompressSync(Buffer.alloc(1 << 24))],
])("stops a bomb of %s by its length and by its ratio", async (_, bomb) => {
  await expect(unpack(bomb, { bytes: 1 << 20 })).rejects.toMatchObject({ code: "LIMIT_REACHED" });
  await expect(unpack(bomb, { ratio: 100, ratioFromBytes: 1 << 20 })).rejects.toMatchObject({
    code: "LIMIT_REACHED",
  });
});

it("passes errors of its input on as they are", async () => {
  async function* broken(): AsyncGenerator<Uint8Array, void, void> {
    yield gzipSync(text).subarray(0, 50);
    throw new RangeError("the connection broke");
  }
  await expect(readBounded(decompress(broken()), 1 << 20)).rejects.toThrow("the connection broke");
});

it.each([
  ["gzip", gzipSync],
  ["zstd", zstdCompressSync],
])("gives the memory of transient chunks of %s back, and only of those", async (_, pack) => {
  const content = Buffer.from(Array.from({ length: 5_000_000 }, (_, index) => (index * index * 31) % 127));
  for (const transient of [true, false]) {
    const chunks: Uint8Array[] = [];
    const copies: Uint8Array[] = [];
    for await (const chunk of decompress(pieces(pack(content), 10_000), { transient, gzip: nodeUnpacker })) {
      chunks.push(chunk);
      copies.push(Uint8Array.from(chunk));
    }
    expect(Buffer.concat(copies).equals(content)).toBe(true);
    expect(chunks.some(({ length }) => length === 0)).toBe(transient);
  }
});

it("asks for a chunk of gzip only when Node's zlib has unpacked the one before the last", async () => {
  const packed = gzipSync(noise);
  async function* overwritten(): AsyncGenerator<Uint8Array, void, void> {
    const ring = [Buffer.alloc(64), Buffer.alloc(64)];
    for (let at = 0; at < packed.length; at += 64) {
      const [chunk] = ring.splice(0, 1);
      if (chunk === undefined) return;
      ring.push(chunk);
      yield chunk.subarray(0, packed.copy(chunk, 0, at, at + 64));
    }
  }
  const unpacked = await readBounded(decompress(overwritten(), { gzip: nodeUnpacker }), 1 << 20);
  expect(Buffer.from(unpacked).equals(noise)).toBe(true);
});

it.each([
  ["gzip", gzipSync],
  ["zstd", zstdCompressSync],
])("runs no more than a few chunks of %s ahead of a slow reader", async (_, pack) => {
  const bomb = pack(Buffer.alloc(1 << 26));
  const length = Math.ceil(bomb.length / 64);
  let asked = 0;
  async function* counted(): AsyncGenerator<Uint8Array, void, void> {
    for await (const piece of pieces(bomb, length)) {
      asked += 1;
      yield piece;
    }
  }
  let bytes = 0;
  for await (const chunk of decompress(counted(), { transient: true, gzip: nodeUnpacker })) {
    bytes += chunk.length;
    // The thread pool gets more work than a chunk takes, so that it would have the time to run ahead.
    await promisify(gzip)(Buffer.alloc(1 << 21));
    expect(asked * (1 << 20) - bytes).toBeLessThan(8 << 20);
    if (bytes > 1 << 24) break;
  }
  expect(bytes).toBeGreaterThan(1 << 24);
});

it.each([
  ["gzip", gzipSync],
  ["zstd", zstdCompressSync],
])("ends when its input of %s is given up in the middle", async (_, pack) => {
  const packed = pack(noise);
  async function* givenUp(): AsyncGenerator<Uint8Array, void, void> {
    yield* pieces(packed.subarray(0, packed.length / 2), 10);
    AbortSignal.abort(new RangeError("given up")).throwIfAborted();
  }
  await expect(readBounded(decompress(givenUp()), 1 << 20)).rejects.toThrow("given up");
});

it("closes its input when nobody wants more", async () => {
  let closed = false;
  async function* endless(): AsyncGenerator<Uint8Array, void, void> {
    try {
      yield gzipSync(text);
      for (;;) yield gzipSync(text);
    } finally {
      closed = true;
    }
  }
  for await (const chunk of decompress(endless())) {
    expect(chunk.length).toBeGreaterThan(0);
    break;
  }
  await expect.poll(() => closed).toBe(true);
});

it("never throws anything but its own error", async () => {
  const bases = [gzipSync(text), zstdCompressSync(text)];
  const change = tuple(constantFrom(...bases), nat(), nat(255));
  await assert(
    asyncProperty(change, async ([base, at, value]) => {
      const bytes = Buffer.from(base);
      bytes[at % bytes.length] = value;
      const thrown = await unpack(bytes).catch((error: unknown) => error);
      expect(thrown instanceof Error ? thrown : own).toBeInstanceOf(ArchiveError);
    }),
    { numRuns: 100 },
  );
});

function damage(bytes: Buffer, at: number): Buffer {
  const damaged = Buffer.from(bytes);
  const index = bytes.length + at;
  damaged[index] = (damaged[index] ?? 0) ^ 0xff;
  return damaged;
}

/** What stands for "nothing was thrown". */
const own = new ArchiveError("ARCHIVE_MALFORMED", "none");
