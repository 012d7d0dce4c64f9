import { assert, property, string } from "fast-check";
import { expect, it } from "vitest";
import { parseOsRelease } from "./os-release.ts";

it.each([
  ["a bare value", "ID=debian", "debian"],
  ["double quotes", 'ID="debian"', "debian"],
  ["single quotes", "ID='debian'", "debian"],
  ["escapes in double quotes", 'ID="a\\"b\\\\c\\$d\\`e\\n"', 'a"b\\c$d`e\\n'],
  ["no escapes in single quotes", "ID='a\\b'", "a\\b"],
  ["an escape in a bare value", "ID=a\\ b", "a b"],
  ["parts that follow each other", "ID=a'b'\"c\"", "abc"],
  ["what comes after a space", "ID=debian # comment", "debian"],
  ["an empty value", "ID=", ""],
  ["carriage returns", "ID=debian\r\nX=y\r\n", "debian"],
  ["space before it", "  ID=debian", "debian"],
  ["the last of several", "ID=a\nID=b", "b"],
  ["an open quote", 'ID="debian', "debian"],
])("reads %s", (_, text, expected) => {
  expect(parseOsRelease(text).get("ID")).toBe(expected);
});

it.each(["#ID=debian", "ID =debian", "export ID=debian", "ID", "=debian", "I-D=debian"])(
  "sets nothing by %j",
  (text) => {
    expect(parseOsRelease(text).size).toBe(0);
  },
);

it("gives back any text that was put between single quotes", () => {
  assert(
    property(string(), (text) => {
      const plain = text.replace(/['\n]/gu, "");
      expect(parseOsRelease(`A='${plain}'`).get("A")).toBe(plain);
    }),
  );
});
