import { stripVTControlCharacters } from "node:util";
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

  it("folds what is painted by what is seen, at spaces, and in the same colours", () => {
    const red = (text: string) => `\u001b[1m\u001b[31m${text}\u001b[39m\u001b[22m`;
    const rows = [[red("critical"), "…", `${"x".repeat(40)} deleted by ${red("an upper layer")} of it`]];
    const options = { head: ["severity", "", "where"], cellsOf: (row: readonly string[]) => row };
    const lines = [...textTable(rows, { ...options, look: { width: 60, color: true } })];
    expect(lines.map(stripVTControlCharacters)).toEqual([
      "severity     where\n",
      `critical  …  ${"x".repeat(40)}\n`,
      "             deleted by an upper layer of it\n",
    ]);
    expect(lines[1]).toContain("\u001b[1m\u001b[31mcritical");
    expect(lines[2]).toContain("by \u001b[1m\u001b[31man upper layer\u001b");
  });

  it("breaks a word that is too long for its column, and paints each part", () => {
    const blue = `\u001b[34m${"y".repeat(80)}\u001b[39m`;
    const lines = linesOf([["a", blue]]).slice(1, 3);
    expect(lines.every((line) => line.includes("\u001b[34my"))).toBe(true);
    expect(lines.join("").match(/y/gu)).toHaveLength(80);
  });

  it("does not count colours", () => {
    const red = "\u001b[31mred\u001b[39m";
    expect(linesOf([[red, "b"]])).toEqual(["name  what it says", `${red}   b`, ""]);
  });

  it("breaks no character that takes two units into halves of surrogates", () => {
    expect(linesOf([["😀".repeat(50), "b"]]).every((line) => line.isWellFormed())).toBe(true);
  });
});
