import { expect, it } from "vitest";
import { csvOf } from "./csv.ts";

it("quotes every cell, and lets none become a formula", () => {
  expect(
    csvOf([
      ["name", "count"],
      ['say "hi"', -3],
      ["=cmd()", 0],
    ]),
  ).toBe('"name","count"\r\n"say ""hi""","-3"\r\n"\'=cmd()","0"\r\n');
});
