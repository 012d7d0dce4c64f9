import { expect, it } from "vitest";
import { apk } from "./apk.ts";

it.each([
  ["the marks of pre-releases, first below second", "1_alpha", "1_beta", -1],
  ["beta below pre", "1_beta", "1_pre", -1],
  ["pre below rc", "1_pre", "1_rc", -1],
  ["rc below the release", "1_rc9", "1", -1],
  ["the release below cvs", "1", "1_cvs", -1],
  ["cvs below svn", "1_cvs", "1_svn", -1],
  ["svn below git", "1_svn", "1_git", -1],
  ["git below hg", "1_git", "1_hg", -1],
  ["hg below p", "1_hg", "1_p", -1],
  ["suffix numbers by value", "1_p9", "1_p10", -1],
  ["a suffix without number below the same with one", "1_p", "1_p0", -1],
  ["a second mark of a pre-release below the first alone", "0.1.0_alpha_pre2", "0.1.0_alpha", -1],
  ["dates that no double can hold", "1.0.0_pre20191002222144-r0", "1.0.0_pre20210530193627-r0", -1],
  ["a letter above none", "1.0.2", "1.0.2a", -1],
  ["letters by the alphabet", "1.0.2t", "1.0.2u", -1],
  ["a letter below a further component", "1.0a", "1.0.1", -1],
  ["digits after the letter, as apk-tools 2 reads them", "6.6.2p1", "6.6.2p2", -1],
  ["digits after the letter above the suffix p", "6.6.2p1", "6.6.2_p2", 1],
  ["components with a leading zero as fractions", "1.02.10", "1.2.1", -1],
  ["0.1 and 0.01", "0.01", "0.1", -1],
  ["leading zeros by text, as apk-tools 3 does", "1.010", "1.09", -1],
  ["the first component always by value", "006", "1.0.0", 1],
  ["more components above fewer", "1.2", "1.2.0", -1],
  ["revisions by value", "1.2-r9", "1.2-r10", -1],
  ["no revision below the first", "1.2", "1.2-r0", -1],
  ["revisions without regard to leading zeros", "1-r1", "1-r01", 0],
  ["a revision below a suffix", "1.2-r5", "1.2_p1", -1],
  ["a commit above none", "1.2", "1.2~abc", -1],
  ["commits by text", "1.2~abc", "1.2~abd", -1],
  ["a commit above a revision", "1.2-r9", "1.2~abc", -1],
  ["digits beyond 2^64", "1.18446744073709551617", "1.18446744073709551616", 1],
])("orders %s", (_, left, right, expected) => {
  expect(apk.compare(left, right)).toBe(expected);
  expect(apk.compare(right, left)).toBe(0 - expected);
});

it.each([
  ["no digits at the beginning", "a1"],
  ["an empty component", "1..2"],
  ["a dot at the end, as in old Alpine data", "1.18.-r2"],
  ["a dot before the revision, as in old Alpine data", "10.2.24.r0"],
  ["a revision without r, as in old Alpine data", "2.7.16-33"],
  ["two revisions, as in old Alpine data", "57-1-r2"],
  ["a revision without number", "1-r"],
  ["two letters", "1.0bc"],
  ["a capital", "1.2.0A"],
  ["a suffix that is not known", "1.2_blah"],
  ["a known suffix with more letters", "1.2_rca"],
  ["an empty suffix", "1.2_"],
  ["a commit that is not hexadecimal", "1.2~xyz"],
  ["an empty commit", "1.2~"],
  ["a suffix after the commit", "1.2~abc_p1"],
  ["a Debian version", "1:2.36-9+deb12u1"],
])("refuses %s", (_, text) => {
  expect(apk.isValid(text)).toBe(false);
  expect(() => apk.compare("1", text)).toThrow(/malformed apk version "/u);
});
