import { writeFileSync } from "node:fs";
import { tempDirectory } from "@pratique/testkit";
import { array, assert, nat, property, tuple } from "fast-check";
import { expect, it } from "vitest";
import { OciError } from "../errors.ts";
import { type BoltItems, boltDatabase } from "../testdata/bolt-database.ts";
import type { BoltBucket } from "./bolt-bucket.ts";
import { readBolt } from "./read-bolt.ts";

const many = Object.fromEntries(
  Array.from({ length: 100 }, (_, index) => [`key-${index}`, `value-${index}`]),
);
const items = {
  v1: {
    version: "3",
    default: {
      images: { "a:1": { target: { digest: "sha256:1" } } },
      many,
      empty: {},
      long: "x".repeat(10_000),
    },
  },
};

/** Everything that a bucket holds, texts only. */
function dump(bucket: BoltBucket, keys: BoltItems): unknown {
  return Object.fromEntries(
    Object.entries(keys).map(([key, value]) => {
      const isBucket = typeof value !== "string" && !(value instanceof Uint8Array);
      if (!isBucket) return [key, bucket.text(key)];
      const within = bucket.bucket(key);
      return [key, within && dump(within, value)];
    }),
  );
}

function readBytes<Result>(bytes: Uint8Array, look: (root: BoltBucket) => Result): Result {
  using directory = tempDirectory();
  writeFileSync(directory.at("meta.db"), bytes);
  return readBolt(directory.at("meta.db"), look);
}

it.each([
  ["inline buckets", { inline: true }],
  ["a page for each bucket", { inline: false }],
  ["branches over small leaves", { inline: false, leafKeys: 3 }],
])("reads keys and buckets with %s", (_, options) => {
  readBytes(boltDatabase(items, options), (root) => {
    expect(dump(root, items)).toEqual(items);
    const names = root.bucket("v1", "default")?.bucketNames() ?? [];
    expect([...names]).toEqual(["empty", "images", "many"]);
    expect(root.bucket("v1", "default", "many")?.text("key-1000")).toBeUndefined();
    expect(root.bucket("v1", "version")).toBeUndefined();
    expect(root.bucket("v1")?.get("default")).toBeUndefined();
  });
});

it("takes the other state where the newer one was not written to its end", () => {
  const bytes = boltDatabase(items);
  for (const start of [0, 4096]) {
    const broken = Buffer.from(bytes);
    broken.fill(0, start, start + 100);
    expect(readBytes(broken, (root) => root.bucket("v1")?.text("version"))).toBe("3");
  }
});

it("reads again what changed meanwhile, and gives up on what always does", () => {
  using directory = tempDirectory();
  const path = directory.at("meta.db");
  writeFileSync(path, boltDatabase({ v1: { n: "old" } }));
  let looks = 0;
  const found = readBolt(path, (root) => {
    looks += 1;
    const value = root.bucket("v1")?.text("n");
    if (looks === 1) {
      const next = boltDatabase({ v1: { n: "new" } });
      const meta = Buffer.from(next);
      // The later of two states: the second page of the first write has 8.
      const bumped = boltDatabaseAt(meta, 9n);
      writeFileSync(path, bumped);
    }
    return value;
  });
  expect([found, looks]).toEqual(["new", 2]);
  let transaction = 20n;
  const restless = () =>
    readBolt(path, () => {
      transaction += 1n;
      writeFileSync(path, boltDatabaseAt(boltDatabase({ v1: {} }), transaction));
    });
  expect(restless).toThrow(expect.objectContaining({ code: "SOURCE_UNAVAILABLE" }));
});

/** The same with another number of its state. */
function boltDatabaseAt(bytes: Buffer, transaction: bigint): Buffer {
  const meta = bytes.subarray(16, 80);
  meta.writeBigUInt64LE(transaction, 48);
  let hash = 0xcbf29ce484222325n;
  for (const byte of meta.subarray(0, 56)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  meta.writeBigUInt64LE(hash, 56);
  return bytes;
}

it.each<[string, (bytes: Buffer) => Uint8Array]>([
  ["is empty", () => new Uint8Array()],
  ["is something else", () => Buffer.alloc(20_000, "x")],
  ["is cut short", (bytes) => bytes.subarray(0, 8192)],
  [
    "has a page under another number",
    (bytes) => {
      for (let page = 2 * 4096; page < bytes.length; page += 4096) bytes.writeBigUInt64LE(1n, page);
      return bytes;
    },
  ],
  [
    "has pages that name themselves",
    (bytes) => {
      for (let page = 2 * 4096; page < bytes.length; page += 4096) {
        bytes.writeUInt16LE(1, page + 8);
        for (const [element, id] of [page / 4096, page / 4096].entries()) {
          bytes.writeUInt32LE(0, page + 20 + element * 16);
          bytes.writeBigUInt64LE(BigInt(id), page + 24 + element * 16);
        }
      }
      return bytes;
    },
  ],
])("refuses a database that %s", (_, spoil) => {
  const bytes = spoil(boltDatabase(items, { inline: false }));
  const read = () => readBytes(bytes, (root) => [...root.bucketNames(), dump(root, items)]);
  expect(read).toThrow(expect.objectContaining({ name: "OciError", code: "STORE_DAMAGED" }));
});

it("throws nothing but its own error, whatever is in the pages", () => {
  const bytes = boltDatabase(items, { inline: false, leafKeys: 8 });
  using directory = tempDirectory();
  const path = directory.at("meta.db");
  const change = tuple(nat(bytes.length - 1), nat(255));
  assert(
    property(array(change, { minLength: 1, maxLength: 20 }), (changes) => {
      const spoiled = Buffer.from(bytes);
      for (const [at, byte] of changes) spoiled[at] = byte;
      writeFileSync(path, spoiled);
      try {
        readBolt(path, (root) => [...root.bucketNames(), dump(root, items)]);
      } catch (thrown) {
        if (!(thrown instanceof OciError)) throw thrown;
      }
    }),
    { numRuns: 150 },
  );
});

it("says where there is no database", () => {
  expect(() => readBolt("/absent/meta.db", () => 1)).toThrow(
    expect.objectContaining({ code: "SOURCE_UNAVAILABLE" }),
  );
});
