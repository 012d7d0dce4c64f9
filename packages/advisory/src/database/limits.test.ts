import { type Advisory, ecosystem } from "@pratique/core";
import { expect, it } from "vitest";
import { boundDetails, faultOf, normalize } from "./limits.ts";

const sound: Omit<Advisory, "source"> = {
  id: "CVE-2020-0001",
  aliases: [],
  document: "DSA-1-1",
  ecosystem: ecosystem("Rocky Linux:9"),
  package: "a",
  ranges: [{ fixed: "1:1.0~rc1-2+deb12u1" }],
  status: "fixed",
  severity: "low",
};

it("keeps what is sound", () => {
  expect(faultOf(sound)).toBeUndefined();
});

it.each<[string, Partial<Advisory>]>([
  ["an identifier with an escape sequence", { id: "CVE-\u001b[31m1" }],
  ["an empty identifier", { id: "" }],
  ["an endless identifier", { id: "x".repeat(300) }],
  ["a document on two lines", { document: "DSA\n1" }],
  ["a package with a space", { package: "a b" }],
  ["a package with a direction mark", { package: "a\u202eb" }],
  ["an ecosystem with a line end", { ecosystem: ecosystem("npm\n") }],
  ["an alias with a space", { aliases: ["a b"] }],
  ["hundreds of aliases", { aliases: Array.from({ length: 200 }, (_, index) => `A-${index}`) }],
  ["thousands of ranges", { ranges: Array.from({ length: 5000 }, () => ({})) }],
  ["a version with a space", { ranges: [{ introduced: "1 0" }] }],
  ["an empty version", { ranges: [{ lastAffected: "" }] }],
  ["a listed version with a control character", { versions: ["1.0", "1\u0000"] }],
  ["a module with a space", { module: "nodejs 18" }],
  ["an architecture on two lines", { architectures: ["x86_64", "s390x\n"] }],
  ["hundreds of architectures", { architectures: Array.from({ length: 200 }, (_, index) => `a${index}`) }],
  ["an empty mark of builds", { build: "" }],
  ["endless lists", { versions: Array.from({ length: 30_000 }, () => "1") }],
])("finds fault with %s", (_, more) => {
  expect(faultOf({ ...sound, ...more })).toMatch(/^expected /u);
});

it("spells packages the one way", () => {
  expect(normalize({ ...sound, ecosystem: ecosystem("PyPI"), package: "Zope.Interface" }).package).toBe(
    "zope-interface",
  );
  expect(normalize(sound)).toBe(sound);
});

it("cuts details down to what a person reads", () => {
  const bounded = boundDetails({
    id: "CVE-2020-0001",
    title: `red \u001b[31m${"x".repeat(500)}`,
    description: "y".repeat(10_000),
    urls: [
      "https://example.com/a",
      "javascript:alert(1)",
      "https://example.com/ b",
      `https://e.com/${"z".repeat(600)}`,
    ],
  });
  expect(bounded.title).toMatch(/^red \[31mx+…$/u);
  expect(bounded.title?.length).toBeLessThanOrEqual(300);
  expect(bounded.description?.length).toBeLessThanOrEqual(2000);
  expect(bounded.urls).toEqual(["https://example.com/a"]);
});
