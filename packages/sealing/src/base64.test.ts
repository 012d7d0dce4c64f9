import { assert, property, string, uint8Array } from "fast-check";
import { expect, it } from "vitest";
import { decodeSecret, encodeSecret } from "./base64.ts";

it("writes what the platform's encoder writes, and reads it back", () => {
  assert(
    property(uint8Array({ maxLength: 100 }), (bytes) => {
      const text = encodeSecret(bytes);
      expect(text.toString()).toBe(Buffer.from(bytes).toString("base64"));
      expect(decodeSecret(text)).toEqual(Buffer.from(bytes));
    }),
  );
});

it("reads only what it would write", () => {
  assert(
    property(string({ maxLength: 12 }), (text) => {
      const bytes = decodeSecret(Buffer.from(text));
      expect(bytes === undefined ? text : encodeSecret(bytes).toString()).toBe(text);
    }),
  );
});

it.each(["A", "AAA", "AA=A", "A===", "====", "AB==", "AAB=", "AA-_", "AA==AAAA", " AAA"])(
  "refuses %j",
  (text) => {
    expect(decodeSecret(Buffer.from(text))).toBeUndefined();
  },
);
