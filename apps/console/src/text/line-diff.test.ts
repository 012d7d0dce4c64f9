import { array, assert, constantFrom, property } from "fast-check";
import { expect, it } from "vitest";
import { diffLines } from "./line-diff.ts";

it.each([
  ["a\nb\nc", "a\nc", ["same a", "removed b", "same c"]],
  ["a\nc", "a\nb\nc", ["same a", "added b", "same c"]],
  ["a", "b", ["removed a", "added b"]],
  ["", "", ["same "]],
])("compares %j with %j", (before, after, lines) => {
  expect(diffLines(before, after).map(({ kind, text }) => `${kind} ${text}`)).toEqual(lines);
});

it("holds both texts, whole and in order", () => {
  const text = array(constantFrom("a", "b", "c"), { minLength: 1, maxLength: 12 });
  assert(
    property(text, text, (before, after) => {
      const lines = diffLines(before.join("\n"), after.join("\n"));
      expect(lines.filter(({ kind }) => kind !== "added").map((line) => line.text)).toEqual(before);
      expect(lines.filter(({ kind }) => kind !== "removed").map((line) => line.text)).toEqual(after);
    }),
  );
});

it("compares what is too long as a whole", () => {
  const long = Array.from({ length: 2001 }, (_, line) => `${line}`).join("\n");
  expect(diffLines(long, long).filter(({ kind }) => kind === "same")).toEqual([]);
});
