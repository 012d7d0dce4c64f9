import { describe, expect, it } from "vitest";
import { compileGlob } from "./glob.ts";

describe("compileGlob", () => {
  it.each([
    ["*", "", true],
    ["*", "/a/.b", true],
    ["/home/*/.ssh/*", "/home/a/b/.ssh/id", true],
    ["/home/*/.ssh/*", "/home/.ssh/id", false],
    ["*../*../*", "a/../b/../c", true],
    ["*../*../*", "../a", false],
    ["a?c", "a/c", true],
    ["a?c", "ac", false],
    ["[ab]c", "bc", true],
    ["[!ab]c", "bc", false],
    ["[^ab]c", "dc", true],
    ["[a-c]x", "bx", true],
    ["[a-c]x", "dx", false],
    ["[]a]", "]", true],
    ["[!]a]", "]", false],
    ["[a-]", "-", true],
    ["[[:digit:][:upper:]]", "7", true],
    ["[[:digit:]]", "a", false],
    ["[\\]]", "]", true],
    ["[a", "[a", true],
    ["\\*", "*", true],
    ["\\*", "a", false],
    ["a\\", "a\\", false],
    ["*a*b*c", "xaybzc", true],
    ["A*", "a", false],
    ["ab*ba", "aba", false],
    ["ab*ba", "abba", true],
    ["abc", "abc", true],
    ["abc", "abcd", false],
    ["*.so", "/lib/x.so", true],
    ["a?*b", "axb", true],
    ["a?*b", "ab", false],
    ["é*", "éa", true],
    ["*\u{1f600}", "x\u{1f600}", true],
    ["?", "\u{1f600}", false],
  ])("%s against %s is %s", (pattern, text, expected) => {
    expect(compileGlob(pattern)(text)).toBe(expected);
  });

  it("ignores the case of ASCII letters where it is told to", () => {
    expect(compileGlob("/TMP/[A-C]*", { ignoreCase: true })("/tmp/Bx")).toBe(true);
    expect(compileGlob("É", { ignoreCase: true })("é")).toBe(false);
  });

  it("is not slow for patterns of stars", () => {
    const test = compileGlob(`${"*a".repeat(200)}b`);
    expect(test("a".repeat(20_000))).toBe(false);
  });
});
