import { parseJson } from "@pratique/core";
import { assert, dictionary, jsonValue, property, string } from "fast-check";
import { expect, it } from "vitest";
import { canonicalJson, parseCanonicalObject } from "./canonical-json.ts";

it("writes what RFC 8785 shows", () => {
  const value = {
    numbers: [Number("333333333.33333329"), 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
    string: "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"/",
    literals: [null, true, false],
  };
  expect(canonicalJson(value)).toBe(
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
      '"string":"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  );
});

it("sorts names by their UTF-16 units, as RFC 8785 shows", () => {
  const value = {
    "\u20ac": "Euro Sign",
    "\r": "Carriage Return",
    "\ufb33": "Hebrew Letter Dalet With Dagesh",
    "1": "One",
    "\ud83d\ude00": "Emoji: Grinning Face",
    "\u0080": "Control",
    "\u00f6": "Latin Small Letter O With Diaeresis",
  };
  const order = [...canonicalJson(value).matchAll(/:"(?<name>\w+)/gu)].map(({ groups }) => groups?.name);
  expect(order).toEqual(["Carriage", "One", "Control", "Latin", "Euro", "Emoji", "Hebrew"]);
});

it("has one form for each value, which reads back as itself", () => {
  assert(
    property(dictionary(string(), jsonValue({ maxDepth: 3 })), (value) => {
      // What was made as JSON is JSON: the generator's type is a little wider.
      const object = Object(parseJson(JSON.stringify(value)));
      const text = canonicalJson(object);
      expect(canonicalJson(parseJson(text))).toBe(text);
      expect(parseCanonicalObject(text)).toEqual(object);
    }),
  );
});

it.each([
  ["white space", '{ "a":1}'],
  ["another order", '{"b":1,"a":2}'],
  ["another order below", '{"a":[{"b":1,"a":2}]}'],
  ["a name twice", '{"a":1,"a":2}'],
  ["another number", '{"a":1.0}'],
  ["another escape", '{"a":"\\u0041"}'],
  ["half a surrogate", '{"a":"\\ud800"}'],
  ["no object", "[1]"],
  ["nothing", ""],
  ["too many levels", `{"a":${"[".repeat(40)}${"]".repeat(40)}}`],
])("refuses a text with %s", (_, text) => {
  expect(parseCanonicalObject(text)).toBeUndefined();
});

it("takes names like numbers in the order of texts", () => {
  const text = '{"10":1,"9":2}';
  expect(canonicalJson({ "9": 2, "10": 1 })).toBe(text);
  expect(parseCanonicalObject(text)).toEqual({ "9": 2, "10": 1 });
  expect(parseCanonicalObject('{"9":2,"10":1}')).toBeUndefined();
});

it.each([
  ["a number that is none", { a: Number.POSITIVE_INFINITY }],
  ["an object in itself", JSON.parse(`${'{"a":'.repeat(40)}1${"}".repeat(40)}`)],
])("refuses to write %s", (_, value) => {
  expect(() => canonicalJson(value)).toThrow(expect.objectContaining({ code: "EVENT_MALFORMED" }));
});
