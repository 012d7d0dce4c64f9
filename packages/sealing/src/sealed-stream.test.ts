import { createCipheriv, createHash } from "node:crypto";
import { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { array, assert, asyncProperty, constantFrom, integer } from "fast-check";
import { describe, expect, it } from "vitest";
import { KeyRing } from "./key-ring.ts";
import { MemoryKeyStore } from "./memory-key-store.ts";
import { LocalKey } from "./providers/local-key.ts";
import { SealedStream } from "./sealed-stream.ts";
import { CHUNK_BYTES, formatHeader } from "./stream-header.ts";

const SEALED_CHUNK_BYTES = CHUNK_BYTES + 16;
const context = { table: "backups", column: "content", rowId: "2026-01-01" };
const provider = new LocalKey("file", Buffer.alloc(32, 1));
const keys = await KeyRing.open({ store: new MemoryKeyStore(), provider, now: () => new Date(0) });
const streams = new SealedStream({ keys });

async function* of(...pieces: readonly Uint8Array[]) {
  yield* pieces;
}

async function* cut(bytes: Uint8Array, sizes: readonly number[]) {
  let offset = 0;
  for (let index = 0; offset < bytes.length; index++) {
    const size = sizes[index % sizes.length] ?? 1;
    yield bytes.subarray(offset, offset + size);
    offset += size;
  }
}

async function all(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(piece);
  return Buffer.concat(pieces);
}

const seal = (bytes: Uint8Array) => all(streams.seal("backup", context, of(bytes)));
const open = (bytes: Uint8Array) => all(streams.open("backup", context, of(bytes)));

it("opens what it sealed, at every length around a chunk and however it is cut", async () => {
  const lengths = [
    0,
    1,
    100,
    CHUNK_BYTES - 1,
    CHUNK_BYTES,
    CHUNK_BYTES + 1,
    2 * CHUNK_BYTES,
    3 * CHUNK_BYTES - 7,
  ];
  const sizes = array(integer({ min: 1, max: 100_000 }), { minLength: 1, maxLength: 5 });
  await assert(
    asyncProperty(constantFrom(...lengths), sizes, sizes, async (length, left, right) => {
      const plaintext = Buffer.alloc(length, "abc");
      const sealed = await all(streams.seal("backup", context, cut(plaintext, left)));
      const opened = await all(streams.open("backup", context, cut(sealed, right)));
      expect(opened.equals(plaintext)).toBe(true);
    }),
    { numRuns: 40 },
  );
});

it("reads its header byte by byte", async () => {
  const sealed = await seal(Buffer.from("hello"));
  expect(String(await all(streams.open("backup", context, cut(sealed, [1]))))).toBe("hello");
});

describe("a sealed stream of four chunks", async () => {
  const plaintext = Buffer.alloc(3 * CHUNK_BYTES + 5, "0123456789");
  const sealed = await seal(plaintext);
  const headerBytes = sealed.length - (plaintext.length + 4 * 16);
  const header = sealed.subarray(0, headerBytes);
  const chunks = [0, 1, 2, 3].map((number) =>
    sealed.subarray(
      headerBytes + number * SEALED_CHUNK_BYTES,
      headerBytes + (number + 1) * SEALED_CHUNK_BYTES,
    ),
  );
  const [a, b, c, d] = chunks;
  if (a === undefined || b === undefined || c === undefined || d === undefined)
    throw new Error("four chunks");
  const other = (await seal(plaintext)).subarray(headerBytes);

  it.each<[string, readonly Uint8Array[]]>([
    ["cut at a chunk's end", [a, b, c]],
    ["cut to one chunk", [a]],
    ["cut to its header", []],
    ["cut within a chunk", [a, b, c.subarray(0, 1000)]],
    ["cut within a tag", [a, b, c, d.subarray(0, -1)]],
    ["cut within its last tag alone", [a, b, c, d.subarray(0, 10)]],
    ["reordered", [a, c, b, d]],
    ["doubled in a chunk", [a, b, b, c, d]],
    ["doubled in its last chunk", [a, b, c, d, d]],
    ["without its first chunk", [b, c, d]],
    ["without a middle chunk", [a, c, d]],
    ["with its last chunk in the place of the one before", [a, b, d]],
    ["with more at its end", [a, b, c, d, Buffer.from("x")]],
    ["with a chunk of another stream", [a, other.subarray(SEALED_CHUNK_BYTES, 2 * SEALED_CHUNK_BYTES), c, d]],
    ["with the chunks of another stream", [other]],
  ])("does not open %s", async (_name, parts) => {
    await expect(open(Buffer.concat([header, ...parts]))).rejects.toMatchObject({ code: "SEAL_TAMPERED" });
  });

  it("gives no chunk after the one that is wrong", async () => {
    const changed = Buffer.from(sealed);
    const place = headerBytes + SEALED_CHUNK_BYTES + 100;
    changed[place] = (changed[place] ?? 0) ^ 1;
    let given = 0;
    const reading = (async () => {
      for await (const piece of streams.open("backup", context, of(changed))) given += piece.length;
    })();
    await expect(reading).rejects.toMatchObject({ code: "SEAL_TAMPERED" });
    expect(given).toBe(CHUNK_BYTES);
  });
});

it("does not open a stream that a holder of the key ended with an empty chunk", async () => {
  const key = await keys.current("backup");
  const salt = Buffer.alloc(32, 3);
  const header = formatHeader({ keyId: key.id, salt });
  const place = Buffer.from(`pratique-stream-v1|1|backups|content|2026-01-01|${key.id}`);
  const bound = createHash("sha256").update(header).update(place).digest();
  const chunk = (plaintext: Uint8Array, number: number, last: number) => {
    const nonce = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, number, last]);
    const cipher = createCipheriv("aes-256-gcm", key.streamKey(salt), nonce).setAAD(bound);
    return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  };
  const full = Buffer.alloc(CHUNK_BYTES);
  const none = Buffer.alloc(0);
  // Made by hand from the form that the README gives, so that the form is what is tested.
  expect(await open(Buffer.concat([header, chunk(full, 0, 0), chunk(full, 1, 1)]))).toHaveLength(
    2 * CHUNK_BYTES,
  );
  expect(await open(Buffer.concat([header, chunk(none, 0, 1)]))).toHaveLength(0);
  await expect(open(Buffer.concat([header, chunk(full, 0, 0), chunk(none, 1, 1)]))).rejects.toThrow(
    "the sealed stream ends with an empty chunk",
  );
});

it("notices a change of any byte of a short stream, header and all, and any cut", async () => {
  const sealed = await seal(Buffer.from("the plaintext"));
  for (let index = 0; index < sealed.length; index++) {
    const changed = Buffer.from(sealed);
    changed[index] = (changed[index] ?? 0) ^ 1;
    for (const bytes of [changed, sealed.subarray(0, index)]) {
      await expect(open(bytes)).rejects.toMatchObject({
        code: expect.stringMatching(/^(?:SEAL_TAMPERED|SEAL_MALFORMED|KEY_UNKNOWN)$/u),
      });
    }
  }
});

it("opens for no other place and purpose", async () => {
  const sealed = await seal(Buffer.from("x"));
  const elsewhere = { ...context, rowId: "2026-01-02" };
  await expect(all(streams.open("backup", elsewhere, of(sealed)))).rejects.toMatchObject({
    code: "SEAL_TAMPERED",
  });
  await expect(all(streams.open("tokens", context, of(sealed)))).rejects.toMatchObject({
    code: "SEAL_TAMPERED",
  });
});

it("passes on what a source throws, and closes a source that is not read to its end", async () => {
  async function* failing() {
    yield Buffer.from("x");
    throw new Error("the disk is gone");
  }
  await expect(all(streams.seal("backup", context, failing()))).rejects.toThrow("the disk is gone");
  const sealed = await seal(Buffer.alloc(3 * CHUNK_BYTES));
  let closed = false;
  async function* watched() {
    try {
      yield* cut(sealed, [1000]);
    } finally {
      closed = true;
    }
  }
  for await (const piece of streams.open("backup", context, watched())) {
    expect(piece.length).toBe(CHUNK_BYTES);
    break;
  }
  expect(closed).toBe(true);
});

it("holds a few chunks of a long stream, in a pipeline of Node's streams", async () => {
  const LENGTH = 64 * 1024 * 1024;
  const block = Buffer.alloc(1024 * 1024, "x");
  const expected = createHash("sha256");
  let read = 0;
  let written = 0;
  let furthest = 0;
  async function* source() {
    for (; read < LENGTH; read += block.length) {
      furthest = Math.max(furthest, read - written);
      expected.update(block);
      yield block;
    }
  }
  const found = createHash("sha256");
  const target = new Writable({
    write(piece: Buffer, _encoding, done) {
      written += piece.length;
      found.update(piece);
      setImmediate(done);
    },
  });
  await pipeline(
    Readable.from(source(), { objectMode: false }),
    (bytes: AsyncIterable<Buffer>) => streams.seal("backup", context, bytes),
    (bytes: AsyncIterable<Buffer>) => streams.open("backup", context, bytes),
    target,
  );
  expect(found.digest("hex")).toBe(expected.digest("hex"));
  expect(furthest).toBeLessThan(6 * block.length);
});
