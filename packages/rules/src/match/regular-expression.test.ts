import { describe, expect, it } from "vitest";
import { compileRegularExpression } from "./regular-expression.ts";

function matches(pattern: string, text: string): boolean {
  const test = compileRegularExpression(pattern);
  if (typeof test !== "function") throw new Error(test.fault);
  return test(text);
}

describe("compileRegularExpression", () => {
  it.each([
    ["the whole text has to match", "ab", "xabx", false],
    ["or the expression says otherwise", ".*ab.*", "xabx", true],
    ["alternatives", "a|bc", "bc", true],
    ["classes by name", "[[:alpha:]]+[0-9]{2}", "ab12", true],
    ["a repetition in a class", "[*?]+", "*?*", true],
    ["a dot is no line break", "a.b", "a\nb", false],
    ["anchors are those of lines", "a\n^b$", "a\nb", true],
    ["half a surrogate is a replacement", "a.b", "a\ud800b", true],
  ])("%s", (_, pattern, text, expected) => {
    expect(matches(pattern, text)).toBe(expected);
  });

  it.each(["\\d+", "a*?", "a{2}?", "(?i)a", "(?:a)", "\\bx", "\\pL", "(", "[a", "a{2000}"])(
    "refuses %s, as Falco does",
    (pattern) => {
      expect(compileRegularExpression(pattern)).toHaveProperty("fault");
    },
  );

  it("refuses what would be too large once it is written out", () => {
    for (const pattern of ["(a{0,1000})".repeat(900), "(a{1000}b{1000}c{500}){10}"]) {
      expect(compileRegularExpression(pattern)).toHaveProperty("fault", expect.stringContaining("too large"));
    }
    expect(matches("[a-z0-9.-]{1,253}(:[0-9]{1,5})?", "registry.example:443")).toBe(true);
  });

  it("takes time in proportion to the text", () => {
    expect(matches("(a*)*b", "a".repeat(50_000))).toBe(false);
    expect(matches(`${"(a|a)*".repeat(20)}b`, "a".repeat(5000))).toBe(false);
  });
});
