import { ecosystem, severities } from "@pratique/core";
import { array, assert, constant, constantFrom, option, property, record, string } from "fast-check";
import { expect, it } from "vitest";
import { encodeRecord, packRecords, unpackRecords } from "./record-codec.ts";

const text = string({ minLength: 1, maxLength: 12 });
const range = record({ introduced: text, fixed: text, lastAffected: text }, { requiredKeys: [] });
const texts = array(text, { minLength: 1, maxLength: 3 });
const affectedImport = record(
  { path: text, symbols: texts, systems: texts, architectures: texts },
  { requiredKeys: ["path"] },
);
const advisory = record(
  {
    id: text,
    document: text,
    aliases: array(text, { maxLength: 3 }),
    ranges: array(range, { maxLength: 3 }),
    status: constantFrom(
      "fixed",
      "affected",
      "will-not-fix",
      "fix-deferred",
      "under-investigation",
      "end-of-life",
    ),
    severity: constantFrom(...severities),
    cvss: text,
    versions: array(text, { minLength: 1, maxLength: 3 }),
    module: text,
    architectures: array(text, { minLength: 1, maxLength: 3 }),
    build: text,
    ofSource: constant(true as const),
    note: text,
    doubtful: constant(true as const),
    channels: array(text, { minLength: 1, maxLength: 3 }),
    imports: array(affectedImport, { minLength: 1, maxLength: 3 }),
  },
  { requiredKeys: ["id", "document", "aliases", "ranges", "status", "severity"] },
);
const context = { source: "osv", ecosystem: ecosystem("npm"), package: "left-pad" };

it("gives back every advisory", () => {
  assert(
    property(advisory, (one) => {
      const packed = packRecords([encodeRecord({ ...one, ...context })]);
      expect(unpackRecords(packed, context)).toEqual([{ ...one, ...context }]);
    }),
  );
});

it("gives equal bytes for equal records, in any order and number", () => {
  assert(
    property(array(advisory, { minLength: 1, maxLength: 40 }), (list) => {
      const records = list.map((one) => encodeRecord({ ...one, ...context }));
      expect(packRecords([...records.toReversed(), ...records])).toEqual(packRecords(records));
    }),
  );
});

it.each([
  ["nothing", Buffer.alloc(0)],
  ["half a list", Buffer.from('[["CVE-1"')],
  ["deflated bytes that are none", Buffer.from([1, 2, 3, 4])],
  ["a record without a name", Buffer.from("[[1]]")],
  ["a status that does not exist", Buffer.from('[["CVE-1",0,0,[],9]]')],
  ["an import without a path", Buffer.from('[["CVE-1",0,0,[],0,0,0,0,0,0,0,0,0,0,0,[[1]]]]')],
  ["a severity that does not exist", Buffer.from('[["CVE-1",0,0,[],0,-1]]')],
])("refuses %s", (_, bytes) => {
  expect(() => unpackRecords(bytes, context)).toThrow(expect.objectContaining({ code: "DATABASE_CORRUPT" }));
});

it("raises nothing but its own error, whatever the bytes", () => {
  assert(
    property(option(string()), array(advisory, { maxLength: 2 }), (noise, list) => {
      const bytes = Buffer.concat([
        packRecords(list.map((one) => encodeRecord({ ...one, ...context }))).subarray(1),
        Buffer.from(noise ?? ""),
      ]);
      try {
        return Array.isArray(unpackRecords(bytes, context));
      } catch (thrown) {
        return thrown instanceof Error && "code" in thrown && thrown.code === "DATABASE_CORRUPT";
      }
    }),
  );
});
