import { expect, it } from "vitest";
import { vulnerabilitiesIn } from "./vulnerabilities-in.ts";

it.each([
  ["nothing of the kind", []],
  ["", []],
  ["CVE-2026-10000", ["CVE-2026-10000"]],
  ["CVE-2026-10000 in openssl, CVE-2014-0160 in curl, and 3 more", ["CVE-2026-10000", "CVE-2014-0160"]],
  ["CVE-2026-10000, CVE-2026-10000", ["CVE-2026-10000", "CVE-2026-10000"]],
  ["XCVE-2026-10000 CVE-2026-1 CVE-2026-10000x", []],
])("finds the vulnerabilities in %j", (text, expected) => {
  const parts = vulnerabilitiesIn(text);
  expect(parts.filter(({ kind }) => kind === "vulnerability").map((part) => part.text)).toEqual(expected);
  expect(parts.map((part) => part.text).join("")).toBe(text);
});
