import { array, assert, property, uint8Array } from "fast-check";
import { expect, it } from "vitest";
import { decodeBundle, encodeBundle, MAX_ENTRY_BYTES } from "./entry-bundle.ts";

it("puts two bytes of length, big end first, before each entry", () => {
  const long = Buffer.alloc(258, 7);
  const bundle = encodeBundle([Buffer.from("ab"), Buffer.alloc(0), long]);
  expect(bundle.subarray(0, 8)).toEqual(Buffer.from([0, 2, 0x61, 0x62, 0, 0, 1, 2]));
});

it("gives back what it was made of", () => {
  assert(
    property(array(uint8Array({ maxLength: 40 }), { maxLength: 20 }), (entries) => {
      const decoded = decodeBundle(encodeBundle(entries), entries.length);
      expect(decoded.map((entry) => [...entry])).toEqual(entries.map((entry) => [...entry]));
    }),
  );
});

it("holds the largest entry and refuses a larger one", () => {
  const largest = Buffer.alloc(MAX_ENTRY_BYTES);
  expect(decodeBundle(encodeBundle([largest]), 1)[0]).toEqual(largest);
  expect(() => encodeBundle([Buffer.alloc(MAX_ENTRY_BYTES + 1)])).toThrow(
    expect.objectContaining({ code: "EVENT_TOO_LARGE" }),
  );
});

it.each([
  ["nothing", []],
  ["half a length", [0]],
  ["half an entry", [0, 2, 1]],
  ["more than it should", [0, 0, 0, 0]],
])("refuses a bundle that holds %s", (_, bytes) => {
  expect(() => decodeBundle(Buffer.from(bytes), 1)).toThrow(expect.objectContaining({ code: "LOG_CORRUPT" }));
});
