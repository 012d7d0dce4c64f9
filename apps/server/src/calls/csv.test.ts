import { array, assert, property, string } from "fast-check";
import { expect, it } from "vitest";
import { csvLine, valueAt } from "./csv.ts";

/** Reads one line as RFC 4180 says. */
function cellsIn(line: string): readonly string[] {
  const cells = [...line.slice(0, -2).matchAll(/"(?<cell>(?:[^"]|"")*)"(?:,|$)/gu)];
  return cells.map(({ groups }) => (groups?.cell ?? "").replaceAll('""', '"'));
}

it.each([
  [["a", "b"], '"a","b"\r\n'],
  [['say "hi"', "a,b"], '"say ""hi""","a,b"\r\n'],
  [[null, undefined, 0, true], '"","","0","true"\r\n'],
  [[["x", "y"]], '"[""x"",""y""]"\r\n'],
  [["line\nbreak"], '"line\nbreak"\r\n'],
])("writes %j as %j", (cells, line) => {
  expect(csvLine(cells)).toBe(line);
});

it.each(["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])("makes no formula of %j", (cell) => {
  expect(csvLine([cell])).toBe(`"'${cell}"\r\n`);
});

it("can be read back, whatever stands in it, and never begins a formula", () => {
  assert(
    property(array(string({ unit: "binary" }), { minLength: 1, maxLength: 4 }), (cells) => {
      const read = cellsIn(csvLine(cells));
      const isSame = read.every((cell, index) => cell === cells[index] || cell === `'${cells[index]}`);
      return read.length === cells.length && isSame && !read.some((cell) => /^[=+\-@\t\r\n]/u.test(cell));
    }),
  );
});

it("finds what a path names, and nothing that an object inherits", () => {
  expect(valueAt({ a: { b: 1 } }, "a.b")).toBe(1);
  for (const path of ["a.c", "a.b.c", "constructor.name", "__proto__"]) {
    expect(valueAt({ a: { b: 1 } }, path)).toBeUndefined();
  }
});
