import { describe, expect, it } from "vitest";
import { textTable } from "./text-table.ts";

function linesOf(rows: readonly (readonly string[])[], width = 60): readonly string[] {
  const head = ["name", "what it says"];
  const options = { head, cellsOf: (row: readonly string[]) => row, look: { width, color: false } };
  return [...textTable(rows, options)].join("").split("\n");
}

describe("textTable", () => {
  it("aligns what fits and what has to be folded", () => {
    const long = "x".repeat(100);
    expect(
      linesOf([
        ["a", long],
        ["bb", "short"],
        ["c", "two words"],
      ]),
    ).toEqual([
      "name  what it says",
      `a     ${"x".repeat(53)}`,
      `      ${"x".repeat(47)}`,
      "bb    short",
      "c     two words",
      "",
    ]);
  });

  it("gives wide characters the room that they take", () => {
    expect(
      linesOf([
        ["漢字", "b"],
        ["a", "b"],
      ]),
    ).toEqual(["name  what it says", "漢字  b", "a     b", ""]);
  });

  it("does not count colours", () => {
    const red = "\u001b[31mred\u001b[39m";
    expect(linesOf([[red, "b"]])).toEqual(["name  what it says", `${red}   b`, ""]);
  });

  it("breaks no character that takes two units into halves of surrogates", () => {
    expect(linesOf([["😀".repeat(50), "b"]]).every((line) => line.isWellFormed())).toBe(true);
  });
});
