import { array, assert, constantFrom, property, tuple, uniqueArray } from "fast-check";
import { describe, expect, it } from "vitest";
import {
  NAME_HASH_START,
  type NamedFunction,
  readFunctions,
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

function mayHold(text: string, one: NamedFunction): boolean | undefined {
  return readFunctions(text)?.mayHold(one);
}

const path = constantFrom("", "http2", "internal/a", "net/http", "crypto/tls");
const name = tuple(
  constantFrom("A", "Bc", "_d", "E1"),
  array(constantFrom("x", "Y", "z0"), { maxLength: 3 }),
).map(([first, rest]) => `${first}${rest.join("")}`);

it("never denies a function that a program holds", () => {
  assert(
    property(array(tuple(path, name)), (functions) => {
      const told = readFunctions(written(functions));
      for (const [of, one] of functions) {
        expect(told?.mayHold({ path: of, name: one })).toBe(true);
        expect(told?.mayHold({ path: of })).toBe(true);
      }
    }),
  );
});

it("denies almost all that it does not hold", () => {
  const held = Array.from({ length: 5000 }, (_, at) => ["net/http", `Held${at}`] as const);
  const text = written(held);
  const others = Array.from({ length: 5000 }, (_, at) => `Other${at}`);
  const told = readFunctions(text);
  const wrong = others.filter((one) => told?.mayHold({ path: "net/http", name: one }));
  expect(wrong.length).toBeLessThan(50);
  expect(text).toHaveLength("linux/amd64 =".length + 6 + 10_000);
});

it("tells a package apart from the functions in it, and from those of the same name elsewhere", () => {
  const text = written([["a", "F"], ["b"]]);
  expect(mayHold(text, { path: "b" })).toBe(true);
  expect(mayHold(text, { path: "b", name: "F" })).toBe(false);
  expect(mayHold(text, { path: "a", name: "G" })).toBe(false);
  expect(mayHold(text, { path: "" })).toBe(false);
});

it("gives the same text for the same functions in any order", () => {
  assert(
    property(uniqueArray(tuple(path, name), { selector: String }), (functions) => {
      expect(written(functions.toReversed())).toBe(written(functions));
    }),
  );
});

describe("what is not understood is not known", () => {
  it.each([
    ["no text", ""],
    ["no platform and nothing else", " "],
    ["neither whole nor partial", "linux/amd64 AAAAAAAAAA"],
    ["other letters", "linux/amd64 =AAAAAAAA+A"],
    ["more behind it", `${written([["a"]])} x`],
    ["no filter", "linux/amd64 =AAAAAA"],
    ["a filter that is too short", "linux/amd64 ?AAAAAAAAA"],
    ["no package between two", `${written([["a"]])}..AAAAAAAAAA`],
    ["a package twice", "linux/amd64 =AAAAAAAAAA.AAAAAABBBB"],
  ])("in the text: %s", (_, text) => {
    expect(readFunctions(text)).toBe(undefined);
  });

  it.each(["T.M.N", "F.func1", "T[int].M", "é", "(*T).M", "1", "F "])("in the name %j", (one) => {
    expect(mayHold(written([]), { path: "a", name: one })).toBe(true);
  });

  it("in the path", () => {
    expect(mayHold(written([]), { path: "é", name: "F" })).toBe(true);
  });
});

describe("some packages of a module", () => {
  const whole = written([
    ["a", "F"],
    ["b", "G"],
    ["c", "H"],
    ...Array.from({ length: 30 }, () => ["d", "I"] as const),
  ]);
  const asked = [
    { path: "a", name: "Asked" },
    { path: "absent" },
    { path: "c" },
    { path: "a" },
    { path: "é" },
  ];
  const some = readFunctions(whole)?.inPackagesOf(asked) ?? "";

  it.each([
    ["one that it holds", { path: "a", name: "F" }, true],
    ["one that it does not hold", { path: "a", name: "Other" }, false],
    ["a package that it holds", { path: "c" }, true],
    ["one of a package that was named alone", { path: "c", name: "Nowhere" }, true],
    ["a package that it does not hold", { path: "absent" }, false],
    ["one of a package that it does not hold", { path: "absent", name: "F" }, false],
    ["a package that was left out", { path: "b" }, true],
    ["one of a package that was left out", { path: "b", name: "Nowhere" }, true],
    ["one of a package that was never there", { path: "z", name: "Nowhere" }, true],
  ])("tell the same of %s", (_, named, expected) => {
    expect(mayHold(some, named)).toBe(expected);
  });

  it("are shorter, keep the platform, and can be had once more", () => {
    expect(some.length).toBeLessThan(whole.length);
    expect(readFunctions(some)?.platform).toEqual({ os: "linux", architecture: "amd64" });
    expect(readFunctions(some)?.inPackagesOf([{ path: "b", name: "G" }, ...asked])).toBe(some);
    const none = readFunctions(some)?.inPackagesOf([]) ?? "";
    expect(mayHold(none, { path: "a", name: "Other" })).toBe(true);
  });
});

it.each([
  ["linux/arm64", { os: "linux", architecture: "arm64" }],
  ["", undefined],
])("tells the platform %j", (platform, expected) => {
  expect(readFunctions(written([["a"]], platform))?.platform).toEqual(expected);
});
