import type { FilePattern } from "@pratique/core";
import { matchesPattern } from "@pratique/testkit";
import { array, assert, constantFrom, property, record, tuple } from "fast-check";
import { expect, it } from "vitest";
import { compileMatcher } from "./matcher.ts";
import { HashSet, PathHasher } from "./path-hashes.ts";
import { PathScanner } from "./path-scanner.ts";

it.each<[FilePattern, string, boolean]>([
  [{ paths: ["a/b"] }, "a/b", true],
  [{ paths: ["a/b"] }, "c/a/b", false],
  [{ basenames: ["b"] }, "b", true],
  [{ basenames: ["b"] }, "a/B", false],
  [{ suffixes: [".egg"] }, "a/x.egg", true],
  [{ suffixes: [".egg"] }, "a.egg/x", false],
  [{ under: ["a/b"] }, "a/b/c/d", true],
  [{ under: ["a/b"] }, "a/b", false],
  [{ under: ["a/b"] }, "a/bc/d", false],
  [{ basenames: ["x"], inside: "m" }, "a/m/b/x", true],
  [{ basenames: ["x"], inside: "m" }, "a/mm/x", false],
  [{ basenames: ["x"], inside: "x" }, "x", false],
  [{ suffixes: ["x"], inside: "m" }, "m/ax", true],
  [{ paths: ["x"], inside: "m" }, "x", true],
  [{}, "x", false],
])("asks %j of %s", (pattern, path, expected) => {
  expect(compileMatcher([pattern]).matches(path)).toBe(expected);
});

const names = constantFrom("a", "b", "ab", "x.a", ".b", "é", ".wh.a", "...");
const path = array(names, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));
const pattern = tuple(
  record({
    paths: array(path, { maxLength: 2 }),
    basenames: array(names, { maxLength: 2 }),
    suffixes: array(names, { maxLength: 2 }),
    under: array(path, { maxLength: 2 }),
  }),
  constantFrom(undefined, "a", "b"),
).map(([members, inside]): FilePattern => (inside === undefined ? members : { ...members, inside }));

it("agrees with the plain matcher, by path and from the bytes of a tar", () => {
  const hasher = new PathHasher();
  assert(
    property(
      array(pattern, { maxLength: 3 }),
      path,
      constantFrom("", "../", "/", "../"),
      (patterns, one, prefix) => {
        const matcher = compileMatcher(patterns);
        const expected = patterns.some((each) => matchesPattern(each, one));
        expect(matcher.matches(one)).toBe(expected);
        const bytes = Buffer.from(`${prefix}${one}`);
        const scanner = new PathScanner(matcher, hasher);
        scanner.scan({ bytes, start: 0, end: bytes.length });
        expect(scanner.candidate || !expected).toBe(true);
        expect(scanner.candidate || scanner.hash === hasher.hash(one)).toBe(true);
      },
    ),
    { numRuns: 500 },
  );
});

const oddName = constantFrom("a", "b", ".", "..", "", ".wh.a", "é", "d".repeat(1100));
const anyPath = array(oddName, { maxLength: 5 }).map((parts) => parts.join("/"));

it("says of a name what it says of it alone, whatever came before", () => {
  assert(
    property(array(pattern, { maxLength: 3 }), array(anyPath, { maxLength: 8 }), (patterns, paths) => {
      const hasher = new PathHasher();
      const matcher = compileMatcher(patterns);
      const scanner = new PathScanner(matcher, hasher);
      for (const one of paths) {
        const bytes = Buffer.from(one);
        const span = { bytes, start: 0, end: bytes.length };
        const alone = new PathScanner(matcher, hasher);
        alone.scan(span);
        scanner.scan(span);
        expect(scanner.candidate).toBe(alone.candidate);
        expect(scanner.candidate || scanner.hash === alone.hash).toBe(true);
      }
    }),
    { numRuns: 500 },
  );
});

it.each(["../x", "a/../x", "a//x", "./a/./x", "a/.", "a/..", "", "/", ".wh.x", "a/.wh..wh..opq", "é"])(
  "looks closer at %j",
  (name) => {
    const scanner = new PathScanner(compileMatcher([]), new PathHasher());
    const bytes = Buffer.from(name);
    scanner.scan({ bytes, start: 0, end: bytes.length });
    expect(scanner.candidate).toBe(true);
  },
);

it("hashes differently in each reading, and the same along a walk", () => {
  const hasher = new PathHasher();
  expect(new PathHasher().hash("a/b")).not.toBe(hasher.hash("a/b"));
  const set = new HashSet(hasher);
  for (let index = 0; index < 10_000; index += 1) set.addHash(hasher.hash(`d/n${index}`));
  set.addHash(hasher.hash("d/n0"));
  expect(set.size).toBe(10_000);
  expect(set.has("d/n9999")).toBe(true);
  expect(set.has("d/n10000")).toBe(false);
});
