import { assert, property, string } from "fast-check";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { formatYaml } from "./yaml.ts";

it("writes texts that are read as the same texts", () => {
  assert(
    property(string({ unit: "binary" }), (text) => {
      expect(parse(formatYaml([["key", text]]))).toEqual({ key: text });
      expect(parse(formatYaml([["list", { list: [text] }]]))).toEqual({ list: [text] });
    }),
  );
});

it.each([
  "yes",
  "no",
  "null",
  "1",
  "1.5",
  "0x1",
  "~",
  "",
  "- a",
  "a: b",
  "#",
  "1:30",
  "true",
  "off",
  "=",
  "<<",
])("keeps %j a text", (text) => {
  expect(parse(formatYaml([["key", text]]), { version: "1.1" })).toEqual({ key: text });
});

it("keeps a comment on its line", () => {
  const comment = "a\nprivileged: true\r\u0085\u2028b: c\u2029d: e";
  expect(parse(formatYaml([{ comment }, ["key", 1]]), { version: "1.1" })).toEqual({ key: 1 });
});

it("writes lists of lists and of nothing", () => {
  const text = formatYaml([
    ["a", { list: [{ list: ["x", "y"] }, [], [["b", { list: [] }]]] }],
    ["c", []],
  ]);
  expect(parse(text)).toEqual({ a: [["x", "y"], {}, { b: [] }], c: {} });
});
