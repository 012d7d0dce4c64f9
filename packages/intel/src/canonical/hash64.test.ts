import { array, assert, constantFrom, integer, property, string, tuple } from "fast-check";
import { expect, it } from "vitest";
import { fnv1a64, type Hash64, keyNumber, randomHash64 } from "./hash64.ts";
import { KeyTable } from "./key-table.ts";

const asBigInt = ({ high, low }: Hash64): bigint => (BigInt(high) << 32n) | BigInt(low);

// From the authors' own list: http://www.isthe.com/chongo/tech/comp/fnv/ (FNV-1a, 64 bits).
it.each([
  ["", 0xcbf2_9ce4_8422_2325n],
  ["a", 0xaf63_dc4c_8601_ec8cn],
  ["foobar", 0x8594_4171_f739_67e8n],
])("hashes %j as its authors do", (text, expected) => {
  expect(asBigInt(fnv1a64(text))).toBe(expected);
});

it("hashes as the definition with big integers says", () => {
  assert(
    property(string({ unit: "binary-ascii" }), (text) => {
      let hash = 0xcbf2_9ce4_8422_2325n;
      for (const byte of Buffer.from(text, "latin1")) {
        hash = ((hash ^ BigInt(byte)) * 0x100_0000_01b3n) & 0xffff_ffff_ffff_ffffn;
      }
      expect(asBigInt(fnv1a64(text))).toBe(hash);
      expect(BigInt(keyNumber(fnv1a64(text)))).toBe(hash & 0x1f_ffff_ffff_ffffn);
    }),
  );
});

it("hashes otherwise from another offset, which nobody knows", () => {
  expect(randomHash64()).not.toEqual(randomHash64());
  expect(fnv1a64("evil.example", { high: 1, low: 2 })).not.toEqual(fnv1a64("evil.example"));
});

it("keeps what a Map keeps", () => {
  const half = constantFrom(0, 1, 2, 0xffff_ffff);
  const operation = tuple(half, half, integer({ min: 0, max: 9 }));
  assert(
    property(array(operation, { maxLength: 200 }), (operations) => {
      const table = new KeyTable();
      const map = new Map<bigint, number>();
      for (const [high, low, value] of operations) {
        if (high === 0 && low === 0) continue;
        expect(table.set({ high, low }, value)).toBe(!map.has(asBigInt({ high, low })));
        map.set(asBigInt({ high, low }), value);
      }
      expect(table.size).toBe(map.size);
      for (const [hash, value] of map) {
        expect(table.get({ high: Number(hash >> 32n), low: Number(hash & 0xffff_ffffn) })).toBe(value);
      }
    }),
  );
});

it("grows, and still finds all", () => {
  const table = new KeyTable();
  const names = Array.from({ length: 20_000 }, (_, index) => `host-${index}.example`);
  for (const [index, name] of names.entries()) table.set(fnv1a64(name), index);
  expect(names.every((name, index) => table.get(fnv1a64(name)) === index)).toBe(true);
  expect(table.get(fnv1a64("another.example"))).toBeUndefined();
});
