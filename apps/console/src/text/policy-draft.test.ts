import { expect, it } from "vitest";
import { firstDraft, marksOf, nameIn } from "./policy-draft.ts";

it("puts what names no line on the first", () => {
  expect(
    marksOf([{ message: "a" }, { line: 3, column: 5, message: "b" }], [{ line: 0, message: "c" }]),
  ).toEqual([
    { line: 1, column: 1, severity: "error", message: "a" },
    { line: 3, column: 5, severity: "error", message: "b" },
    { line: 1, column: 1, severity: "warning", message: "c" },
  ]);
});

it.each([
  [firstDraft, "team"],
  ["kind: Policy\nmetadata:\n  description: x\n  name: a.b-1\n", "a.b-1"],
  ["kind: Exception\nmetadata:\n  name: a\n", undefined],
  ["", undefined],
])("finds the name in a draft", (text, name) => {
  expect(nameIn(text)).toBe(name);
});
