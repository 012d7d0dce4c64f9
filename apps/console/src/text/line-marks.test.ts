import { expect, it } from "vitest";
import { marksOf } from "./line-marks.ts";

it("puts what names no line on the first", () => {
  expect(
    marksOf([{ message: "a" }, { line: 3, column: 5, message: "b" }], [{ line: 0, message: "c" }]),
  ).toEqual([
    { line: 1, column: 1, severity: "error", message: "a" },
    { line: 3, column: 5, severity: "error", message: "b" },
    { line: 1, column: 1, severity: "warning", message: "c" },
  ]);
});
