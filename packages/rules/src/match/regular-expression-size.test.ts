import { RE2JS } from "@bufbuild/re2";
import { array, assert, constantFrom, property } from "fast-check";
import { expect, it } from "vitest";
import { regularExpressionSize } from "./regular-expression-size.ts";

it.each([
  ["", 0],
  ["abc", 3],
  ["[]a]b", 2],
  ["[^]a]b", 2],
  ["[[:alpha:]]]", 2],
  ["[\\]]{7}", 8],
  ["a\\{9}", 4],
  ["a{1,100}", 101],
  ["a{100,}", 101],
  ["(ab){100}", 401],
  ["((a{1,100}){1,100}){1,100}", 1_030_301],
  ["(a{100}", 101],
])("counts what %s is written out", (pattern, size) => {
  expect(regularExpressionSize(pattern)).toBe(size);
});

/** What the compiler makes of it; undefined where it refuses it. */
function compiledSize(pattern: string): number | undefined {
  try {
    return RE2JS.compile(pattern, RE2JS.MULTILINE | RE2JS.DISABLE_UNICODE_GROUPS)
      .re2()
      .prog.numInst();
  } catch {
    return undefined;
  }
}

it("is never much less than what is compiled", () => {
  const pieces = constantFrom(
    "a",
    "[b-d]",
    ".",
    "(",
    ")",
    "{3}",
    "{2,5}",
    "{0,9}",
    "*",
    "|",
    "\\.",
    "[[:digit:]]",
  );
  let compiled = 0;
  assert(
    property(array(pieces, { maxLength: 12 }), (parts) => {
      const size = compiledSize(parts.join(""));
      if (size !== undefined) compiled += 1;
      return (size ?? 0) <= 8 + 3 * regularExpressionSize(parts.join(""));
    }),
    { numRuns: 2000 },
  );
  expect(compiled).toBeGreaterThan(50);
});
