import { array, assert, bigInt, boolean, integer, property, tuple } from "fast-check";
import { expect, it } from "vitest";
import { formatAddress, maskOf } from "../canonical/address.ts";
import { fnv1a64 } from "../canonical/hash64.ts";
import { parseSnapshot } from "../testdata/parse-snapshot.ts";
import { SnapshotRows } from "./snapshot-rows.ts";

const facts = { indicator: 7, expiresAt: 1_790_000_000_000, reportOnly: false };

function built(rows: SnapshotRows) {
  let bytes = Buffer.alloc(0);
  const summary = rows.writeTo({
    write(piece, position) {
      const whole = Buffer.alloc(Math.max(bytes.length, position + piece.length));
      bytes.copy(whole);
      whole.set(piece, position);
      bytes = whole;
    },
  });
  return { ...summary, bytes };
}

const parsed = (rows: SnapshotRows) => parseSnapshot(built(rows).bytes);

it("has the bytes that the kernel's side reads", () => {
  const rows = new SnapshotRows();
  rows.network({ family: 4, value: 0xc633_6407, prefix: 32 }, 443, facts);
  rows.network({ family: 6, value: 0x2001_0db8n << 96n, prefix: 32 }, 0, { ...facts, reportOnly: true });
  rows.name(fnv1a64("evil.example"), { ...facts, expiresAt: undefined });
  const { bytes, sha256, v4, v6, names } = built(rows);
  const hex = bytes.toString("hex");
  expect({ v4, v6, names, length: bytes.length }).toEqual({
    v4: 1,
    v6: 1,
    names: 1,
    length: 96 + 16 + 32 + 16,
  });
  expect(hex.slice(0, 32)).toBe(`${Buffer.from("PRQINTL1").toString("hex")}0100000000000000`);
  expect(hex.slice(128, 192)).toBe(sha256);
  // 1,790,000,000 is 0x6ab13b80, and 443 is 0x01bb.
  expect(hex.slice(192, 224)).toBe("2000bb0107000000c6336407803bb16a");
  expect(hex.slice(224, 288)).toBe(`2001000007000000${"20010db8".padEnd(32, "0")}803bb16a00000000`);
  const { high, low } = fnv1a64("evil.example");
  const hash = Buffer.alloc(8);
  hash.writeBigUInt64LE((BigInt(high) << 32n) | BigInt(low));
  expect(hex.slice(288)).toBe(`${hash.toString("hex")}0700000000000000`);
});

it("has no row for a name that is only to be told", () => {
  const rows = new SnapshotRows();
  rows.name(fnv1a64("honest.example"), { ...facts, reportOnly: true });
  expect(parsed(rows).names).toEqual([]);
});

it.each([
  [
    "blocks",
    [
      { reportOnly: true, expiresAt: undefined },
      { reportOnly: false, expiresAt: 5000 },
    ],
    1,
  ],
  [
    "holds longer",
    [
      { reportOnly: false, expiresAt: 5000 },
      { reportOnly: false, expiresAt: 9000 },
    ],
    1,
  ],
  [
    "never ends",
    [
      { reportOnly: false, expiresAt: 5000 },
      { reportOnly: false, expiresAt: undefined },
    ],
    1,
  ],
  [
    "came first",
    [
      { reportOnly: false, expiresAt: 5000 },
      { reportOnly: false, expiresAt: 5000 },
    ],
    0,
  ],
])("keeps of two that list the same the one that %s", (_, both, kept) => {
  const rows = new SnapshotRows();
  for (const [indicator, each] of both.entries()) {
    rows.network({ family: 4, value: 0xc633_6407, prefix: 32 }, 0, { indicator, ...each });
  }
  expect(parsed(rows).v4.map(({ indicator }) => indicator)).toEqual([kept]);
});

it("takes back what came after a mark", () => {
  const rows = new SnapshotRows();
  rows.network({ family: 4, value: 1, prefix: 32 }, 0, facts);
  const mark = rows.mark();
  for (let value = 2; value < 3000; value += 1) rows.network({ family: 4, value, prefix: 32 }, 0, facts);
  rows.name(fnv1a64("a.example"), facts);
  rows.rollBack(mark);
  expect(parsed(rows)).toMatchObject({ v4: [{ found: "0.0.0.1/32" }], names: [] });
});

it("is in order, without doubles, and holds all that was put in", () => {
  const v4 = tuple(
    integer({ min: 0, max: 0xffff_ffff }),
    integer({ min: 12, max: 32 }),
    integer({ min: 0, max: 3 }),
  );
  const v6 = tuple(bigInt({ min: 0n, max: (1n << 128n) - 1n }), integer({ min: 28, max: 128 }), boolean());
  assert(
    property(array(v4, { maxLength: 60 }), array(v6, { maxLength: 60 }), (low, high) => {
      const rows = new SnapshotRows();
      const expected = new Set<string>();
      for (const [value, prefix, port] of low) {
        const network = maskOf({ family: 4, value }, prefix);
        rows.network({ ...network, prefix }, port, facts);
        expected.add(`${formatAddress(network)}/${prefix} ${port}`);
      }
      for (const [value, prefix, isAt] of high) {
        rows.network(maskOf({ family: 6, value }, prefix), isAt ? 443 : 0, facts);
      }
      const found = parsed(rows);
      expect(new Set(found.v4.map((row) => `${row.found} ${row.port}`))).toEqual(expected);
      expect(found.v4).toHaveLength(expected.size);
      const keys6 = found.v6.map(
        (row) => `${row.found.slice(0, 32)} ${row.found.slice(33).padStart(3, "0")} ${row.port}`,
      );
      expect(keys6).toEqual([...new Set(keys6)].sort());
      const keys4 = found.v4.map(({ found: text, port }) => {
        const [address = "", prefix = ""] = text.split("/");
        const parts = address.split(".").map((part) => part.padStart(3, "0"));
        return `${parts.join(".")} ${prefix.padStart(3, "0")} ${port}`;
      });
      expect(keys4).toEqual([...keys4].sort());
    }),
  );
});
