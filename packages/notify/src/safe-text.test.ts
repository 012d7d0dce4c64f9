import { assert, json, nat, property, string } from "fast-check";
import { expect, it } from "vitest";
import { oneLine, plainText, truncate, wholeLine } from "./safe-text.ts";

const any = string({ unit: "binary" });

it.each([
  ["line break", "a\r\nb", "a\\u000d\\u000ab"],
  ["escape sequence", "\u001b[31m", "\\u001b[31m"],
  ["C1 control", "\u009b31m", "\\u009b31m"],
  ["override of direction", "\u202egnp", "\\u202egnp"],
  ["invisible tag", "\u{e0041}", "\\udb40\\udc41"],
  ["half a character", "\ud800", "\ufffd"],
  ["NUL", "\u0000", "\\u0000"],
])("shows a %s", (_, text, expected) => {
  expect(wholeLine(text)).toBe(expected);
  expect(oneLine(text, 100)).toBe(expected);
});

it("keeps lines where there may be some", () => {
  expect(plainText("a\r\nb\tc\u0007", 100)).toBe("a\nb    c\\u0007");
});

it("leaves nothing dangerous, is well formed, and keeps to the limit", () => {
  assert(
    property(any, nat(50), (text, length) => {
      const line = oneLine(text, length + 1);
      expect(line).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
      expect(line.isWellFormed()).toBe(true);
      expect(line.length).toBeLessThanOrEqual(length + 1);
      expect(truncate(text, length + 1).isWellFormed()).toBe(true);
    }),
  );
});

it("leaves JSON to mean what it meant", () => {
  assert(
    property(json({ stringUnit: "binary" }), (text) => {
      const wellFormed = text.toWellFormed();
      expect(JSON.parse(wholeLine(wellFormed))).toEqual(JSON.parse(wellFormed));
    }),
  );
});
