import { createHash } from "node:crypto";
import { globSync } from "node:fs";
import { constants, crc32, deflateRawSync, gzipSync } from "node:zlib";
import { array, assert, asyncProperty, constantFrom, integer, nat, tuple, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { readBounded } from "../read-bounded.ts";
import type { GzipUnpacker } from "./gzip-unpacker.ts";
import { gzipUnpackers } from "./gzip-unpackers.ts";

const unpackers = gzipUnpackers();
const MAX_BYTES = 1 << 26;

it("has ISA-L where the library lies", () => {
  const lies = globSync("/usr/lib/*-linux-gnu/libisal.so.2").length > 0;
  expect(unpackers.map(({ name }) => name)).toEqual(lies ? ["ISA-L", "Node's zlib"] : ["Node's zlib"]);
});

describe.each(unpackers.map((unpacker) => [unpacker.name, unpacker] as const))("%s", (_, unpacker) => {
  const unpack = (bytes: Uint8Array, length?: number) => unpackBy(unpacker, bytes, length);

  it.each([
    ["nothing", gzipSync(""), ""],
    ["one byte", gzipSync("a"), "a"],
    ["bytes that are stored", gzipSync(letters(200_000), { level: 0 }), letters(200_000)],
    ["codes that are not told", gzipSync(letters(9000), { strategy: constants.Z_FIXED }), letters(9000)],
    [
      "several members",
      Buffer.concat(["a", "", letters(5000)].map((text) => gzipSync(text))),
      `a${letters(5000)}`,
    ],
    [
      "a thousand members",
      Buffer.concat(Array.from({ length: 1000 }, () => gzipSync("a"))),
      "a".repeat(1000),
    ],
    ["a name", gzip(letters(100), { flags: 8, fields: Buffer.from("layer.tar\0") }), letters(100)],
    ["a comment", gzip(letters(100), { flags: 16, fields: Buffer.from("said\0") }), letters(100)],
    ["a long name", gzip("a", { flags: 8, fields: Buffer.from(`${letters(70_000)}\0`) }), "a"],
    ["fields of its own", gzip("a", { flags: 4, fields: Buffer.from([4, 0, 1, 2, 3, 4]) }), "a"],
    ["all of these", gzip("a", { flags: 28, fields: Buffer.from("\u0002\0xyname\0said\0") }), "a"],
  ])("unpacks %s, however it is cut", async (_, bytes, expected) => {
    for (const length of [1, 7, 1000, bytes.length]) {
      expect((await unpack(bytes, length)).toString()).toBe(expected);
    }
  });

  it("unpacks what is longer than all it holds at a time", async () => {
    const content = Buffer.alloc(20_000_000, letters(1_300_000));
    for (const packed of [gzipSync(content, { level: 1 }), gzipSync(content, { level: 0 })]) {
      expect(digestOf(await unpack(packed, 300_000))).toBe(digestOf(content));
    }
  });

  it("refuses what is cut short, wherever", async () => {
    const members = Buffer.concat([
      gzipSync(letters(300)),
      gzip("b", { flags: 8, fields: Buffer.from("name\0") }),
    ]);
    const between = gzipSync(letters(300)).length;
    for (let length = 2; length < members.length; length += 1) {
      if (length === between) continue;
      await expect(unpack(members.subarray(0, length)), `${length} bytes`).rejects.toBeInstanceOf(Error);
    }
  });

  it.each([
    ["zeros behind it", Buffer.concat([gzipSync("a"), Buffer.alloc(512)])],
    ["one byte behind it", Buffer.concat([gzipSync("a"), Buffer.from([0x1f])])],
    ["something else behind it", Buffer.concat([gzipSync("a"), Buffer.from("garbage that goes on")])],
    ["zeros between members", Buffer.concat([gzipSync("a"), Buffer.alloc(5), gzipSync("b")])],
    ["a wrong checksum", changed(gzipSync(letters(300)), -8)],
    ["a wrong length", changed(gzipSync(letters(300)), -1)],
    ["a wrong checksum in its first member", Buffer.concat([changed(gzipSync("a"), -8), gzipSync("b")])],
    ["another method", changed(gzipSync("a"), 2)],
    ["a block of no known kind", gzip("", { packed: Buffer.from([7]) })],
    ["a way back beyond its beginning", gzip("", { packed: farBack() })],
  ])("refuses %s", async (_, bytes) => {
    for (const length of [1, 1000]) await expect(unpack(bytes, length)).rejects.toBeInstanceOf(Error);
  });

  it("passes errors of its pieces on, and has them closed by who stops early", async () => {
    const packed = gzipSync(letters(3_000_000), { level: 0 });
    let closed = 0;
    async function* broken(): AsyncGenerator<Uint8Array, void, void> {
      try {
        for (let at = 0; at < packed.length - 1000; at += 1000) yield packed.subarray(at, at + 1000);
        throw new RangeError("the connection broke");
      } finally {
        closed += 1;
      }
    }
    const chunks = (): AsyncGenerator<Uint8Array, void, void> =>
      unpacker.unpack(broken(), { transient: false });
    await expect(readBounded(chunks(), MAX_BYTES)).rejects.toThrow("the connection broke");
    for await (const chunk of chunks()) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    await expect.poll(() => closed).toBe(2);
  });

  it("keeps chunks as they are where nobody says that they may be used anew", async () => {
    const content = letters(5_000_000);
    const chunks: Uint8Array[] = [];
    for await (const chunk of unpacker.unpack(pieces(gzipSync(content)), { transient: false }))
      chunks.push(chunk);
    expect(chunks.length).toBeGreaterThan(2);
    expect(Buffer.concat(chunks).equals(Buffer.from(content))).toBe(true);
  });

  it("asks for no more than it can hold while its reader does not", async () => {
    const packed = gzipSync(letters(30_000_000), { level: 0 });
    let [asked, given] = [0, 0];
    async function* counted(): AsyncGenerator<Uint8Array, void, void> {
      for (let at = 0; at < packed.length; at += 100_000) {
        yield packed.subarray(at, at + 100_000);
        asked += 100_000;
      }
    }
    for await (const chunk of unpacker.unpack(counted(), { transient: true })) {
      given += chunk.length;
      // As long as others have the thread pool: whoever would run ahead has the time.
      await unpackBy(unpacker, gzipSync(letters(1000)));
      expect(asked - given).toBeLessThan(8_000_000);
    }
    expect(given).toBe(30_000_000);
  });
});

it("gives the same bytes by whichever, also of what was damaged, or refuses it by both", async () => {
  const text = tuple(
    array(constantFrom("ab", "the ", "\n", "0".repeat(300), letters(900)), { maxLength: 40 }),
    nat(9),
  );
  const packed = text.map(([words, level]) => gzipSync(words.join(""), { level }));
  const change = array(tuple(nat(), integer({ min: 1, max: 255 })), { maxLength: 2 });
  await assert(
    asyncProperty(packed, change, uint8Array({ maxLength: 3 }), async (base, changes, behind) => {
      const bytes = Buffer.concat([base, behind]);
      // The header says who packed and when, and little that both have to mind.
      for (const [at, by] of changes) {
        const index = 10 + (at % (bytes.length - 10));
        bytes[index] = (bytes[index] ?? 0) ^ by;
      }
      const [first, ...others] = await Promise.all(
        unpackers.map((unpacker) => unpackBy(unpacker, bytes).then(digestOf, () => "refused")),
      );
      for (const other of others) expect(other).toBe(first);
    }),
    { numRuns: 300 },
  );
});

it("unpacks what Node packs, by whichever", async () => {
  await assert(
    asyncProperty(
      uint8Array({ maxLength: 5000 }),
      nat(9),
      integer({ min: 1, max: 3000 }),
      async (bytes, level, length) => {
        for (const unpacker of unpackers) {
          const unpacked = await unpackBy(unpacker, gzipSync(bytes, { level }), length);
          expect(unpacked.equals(bytes)).toBe(true);
        }
      },
    ),
  );
});

async function* pieces(bytes: Uint8Array, length = 1 << 20): AsyncGenerator<Uint8Array, void, void> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

async function unpackBy(unpacker: GzipUnpacker, bytes: Uint8Array, length?: number): Promise<Buffer> {
  return Buffer.from(
    await readBounded(unpacker.unpack(pieces(bytes, length), { transient: false }), MAX_BYTES),
  );
}

/** Text that neither repeats nor shrinks much. */
function letters(length: number): string {
  let seed = length;
  const codes = Buffer.alloc(length);
  for (let index = 0; index < length; index += 1) {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    codes[index] = 97 + ((seed >> 16) % 26);
  }
  return codes.toString("latin1");
}

interface Member {
  /** RFC 1952 section 2.3.1. */
  readonly flags?: number;
  readonly fields?: Uint8Array;
  readonly packed?: Uint8Array;
}

function gzip(content: string, { flags = 0, fields = Buffer.alloc(0), packed }: Member): Buffer {
  const end = Buffer.alloc(8);
  end.writeUInt32LE(crc32(content), 0);
  end.writeUInt32LE(content.length, 4);
  const head = Buffer.from([0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 3]);
  return Buffer.concat([head, fields, packed ?? deflateRawSync(content), end]);
}

/** A block of fixed codes whose first symbol copies three bytes from one byte back, where nothing is (RFC 1951, 3.2.6). */
function farBack(): Buffer {
  // Bits, the first one lowest: last block, fixed codes, 0000001 for three bytes, 00000 for one back, 0000000 for the end.
  return Buffer.from([0b0000_0011, 0b0000_0010, 0, 0]);
}

function changed(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  const index = at < 0 ? bytes.length + at : at;
  copy[index] = (copy[index] ?? 0) ^ 0xff;
  return copy;
}

function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
