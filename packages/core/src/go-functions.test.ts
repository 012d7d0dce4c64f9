import { array, assert, constantFrom, property, tuple, uniqueArray } from "fast-check";
import { describe, expect, it } from "vitest";
import {
  mayHoldFunction,
  NAME_HASH_START,
  platformOfFunctions,
  stepNameHash,
  writeFunctions,
} from "./go-functions.ts";

function hashOf(text: string): number {
  return Buffer.from(text).reduce(stepNameHash, NAME_HASH_START);
}

function written(functions: readonly (readonly [path: string, name?: string])[], platform = "linux/amd64") {
  return writeFunctions(
    platform,
    functions.map(([path, name = ""]) => ({ path: hashOf(path), name: hashOf(name) })),
  );
}

const path = constantFrom("", "http2", "internal/a", "net/http", "crypto/tls");
const name = tuple(
  constantFrom("A", "Bc", "_d", "E1"),
  array(constantFrom("x", "Y", "z0"), { maxLength: 3 }),
).map(([first, rest]) => `${first}${rest.join("")}`);

it("never denies a function that a program holds", () => {
  assert(
    property(array(tuple(path, name)), (functions) => {
      const text = written(functions);
      for (const [of, one] of functions) expect(mayHoldFunction(text, { path: of, name: one })).toBe(true);
    }),
  );
});

it("denies almost all that it does not hold", () => {
  const held = Array.from({ length: 5000 }, (_, at) => ["net/http", `Held${at}`] as const);
  const text = written(held);
  const others = Array.from({ length: 5000 }, (_, at) => `Other${at}`);
  const wrong = others.filter((one) => mayHoldFunction(text, { path: "net/http", name: one }));
  expect(wrong.length).toBeLessThan(50);
  expect(text).toHaveLength("linux/amd64 ".length + 10_000);
});

it("tells a package apart from the functions in it, and from those of the same name elsewhere", () => {
  const text = written([["a", "F"], ["b"]]);
  expect(mayHoldFunction(text, { path: "b" })).toBe(true);
  expect(mayHoldFunction(text, { path: "b", name: "F" })).toBe(false);
  expect(mayHoldFunction(text, { path: "a", name: "G" })).toBe(false);
  expect(mayHoldFunction(text, { path: "" })).toBe(false);
});

it("gives the same text for the same functions in any order", () => {
  assert(
    property(uniqueArray(tuple(path, name), { selector: String }), (functions) => {
      expect(written(functions.toReversed())).toBe(written(functions));
    }),
  );
});

describe("what is not understood is not denied", () => {
  it.each([
    ["no text", ""],
    ["no platform and no filter", " "],
    ["other letters", "linux/amd64 AAAA+AAA"],
    ["more behind it", `${written([])} x`],
  ])("in the text: %s", (_, text) => {
    expect(mayHoldFunction(text, { path: "a", name: "F" })).toBe(true);
  });

  it.each(["T.M.N", "F.func1", "T[int].M", "é", "(*T).M", "1", "F "])("in the name %j", (one) => {
    expect(mayHoldFunction(written([]), { path: "a", name: one })).toBe(true);
  });

  it("in the path", () => {
    expect(mayHoldFunction(written([]), { path: "é", name: "F" })).toBe(true);
  });
});

it.each([
  ["linux/arm64", { os: "linux", architecture: "arm64" }],
  ["", undefined],
])("tells the platform %j", (platform, expected) => {
  expect(platformOfFunctions(written([["a"]], platform))).toEqual(expected);
});
