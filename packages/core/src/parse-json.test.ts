import { expect, it } from "vitest";
import { hasRepeatedName, parseJson } from "./parse-json.ts";

const NAMES = ["a", "b\\", 'b"', "b\n", "\\", '"', "__proto__", "1", "é", "b/", "b", "", "\ud800"];
const VALUES = [1, -2.5e-7, "x", '"}],:', "\\", true, null, [], {}, [[1], {}], { n: ['\\"'] }];

it("gives names as they are written, whatever objects were read before", () => {
  for (const first of NAMES) {
    for (const second of NAMES) {
      const text = `{"zz":0,${JSON.stringify(first)}:1,${JSON.stringify(second)}:2}`;
      const expected = first === second ? ["zz", first] : ["zz", first, second];
      expect(Object.keys(Object(parseJson(text))).toSorted()).toEqual(expected.toSorted());
    }
  }
});

it("takes escapes of letters for the letters", () => {
  parseJson(String.raw`{"zz":0,"Privilege\\":1}`);
  expect(parseJson(String.raw`{"zz":0,"Privilege\u0064":true}`)).toEqual({ zz: 0, Privileged: true });
});

it.each(VALUES)("reads %j as JSON.parse does, in any place", (value) => {
  for (const space of ["", " ", "\n\t"]) {
    const text = JSON.stringify([{ 'a"': value, b: [value, { "c\\": value }] }], undefined, space);
    expect(JSON.stringify(parseJson(` ${text} `), undefined, space)).toBe(text);
  }
});

it("has the last of what is given twice, and members by any name of their own", () => {
  expect(parseJson(String.raw`{"a\"":1,"b":2,"a\"":3}`)).toEqual({ 'a"': 3, b: 2 });
  const read = Object(parseJson(String.raw`{"a\"":1,"__proto__":{"x":1}}`));
  expect(Object.keys(read)).toEqual(['a"', "__proto__"]);
  expect(read.x).toBeUndefined();
});

it("reads long strings", () => {
  const long = "\\".repeat(4_000_000);
  expect(parseJson(JSON.stringify({ 'a"': long }))).toEqual({ 'a"': long });
});

it("reads what is nested deep", () => {
  const text = `${"[".repeat(100_000)}{"a\\"":1}${"]".repeat(100_000)}`;
  let value = parseJson(text);
  for (let depth = 0; depth < 100_000; depth += 1) [value] = Array.isArray(value) ? value : [];
  expect(value).toEqual({ 'a"': 1 });
});

it.each(["", "{", '{"a\\"":}', '{"a\\":1}', '{"a\\"":1}]', "nul", '"\\x"'])("refuses %j", (text) => {
  expect(() => parseJson(text)).toThrow(SyntaxError);
});

it.each([
  ["{}", false],
  ['[{"a":1},{"a":[{"a":{"a":"a"}}]}, "a", "a"]', false],
  ['{"a":1,"A":2,"b":{"c":1},"c":":"}', false],
  ['{"a":{"a":1},"a":1}', true],
  ['[{"b":[{"x":1 ,"a" :{},"\\u0061": null}]}]', true],
  ['{"__proto__":1,"__proto__":2}', true],
])("tells of %s whether a name is repeated: %s", (text, expected) => {
  expect(hasRepeatedName(text)).toBe(expected);
});
