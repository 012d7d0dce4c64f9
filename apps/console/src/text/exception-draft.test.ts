import { expect, it } from "vitest";
import { exceptionWords, missingIn, newException, requestOf } from "./exception-draft.ts";

const now = Date.parse("2026-11-25T12:00:00Z");
const whole = newException(
  { rules: "baseline/no-critical", images: "shop/*, web", reason: "the fix breaks it", owner: "shop" },
  now,
);

it("asks for a week unless told otherwise", () => {
  expect(requestOf(whole)).toEqual({
    rules: ["baseline/no-critical"],
    scope: { images: ["shop/*", "web"] },
    reason: "the fix breaks it",
    owner: "shop",
    expiresAt: "2026-12-02T23:59:59.000Z",
  });
  expect(missingIn(whole, now)).toEqual([]);
});

it.each([
  ["rules", "", "at least one rule"],
  ["images", " ", "an image, a digest, a vulnerability, a secret, a license or a host that it holds for"],
  ["reason", " ", "a reason"],
  ["owner", "", "an owner"],
  ["lastDay", "2026-11-24", "an end that lies ahead"],
  ["lastDay", "soon", "an end that lies ahead"],
])("misses %s where it is %j", (member, value, missing) => {
  expect(missingIn({ ...whole, [member]: value }, now)).toEqual([missing]);
});

it("divides licenses by lines alone, for their words may have commas", () => {
  const { scope } = requestOf({ ...whole, licenses: " AGPL-3.0-only\n\nMIT, or something like it \n" });
  expect(scope.licenses).toEqual(["AGPL-3.0-only", "MIT, or something like it"]);
});

it.each([
  [{ rules: ["a"], scope: { images: ["x"] } }, "The image x may break a, on any host."],
  [
    { rules: ["a"], scope: { images: ["x", "y"], digests: [`sha256:${"0".repeat(64)}`] } },
    "The image x or y with exactly the content sha256:000000000000 may break a, on any host.",
  ],
  [
    { rules: ["a", "b"], scope: { vulnerabilities: ["CVE-1"], hosts: ["web-*"] } },
    "Any image may break a or b by CVE-1, on the hosts web-*.",
  ],
  [
    { rules: ["a"], scope: { vulnerabilities: ["CVE-1"], secrets: ["9f86d081884c7d65"] } },
    "Any image may break a by CVE-1 or the secret 9f86d081884c7d65, on any host.",
  ],
  [
    { rules: ["a"], scope: { licenses: ["AGPL-3.0-only", "MIT OR GPL-2.0-only"] } },
    "Any image may break a by the license AGPL-3.0-only or the license MIT OR GPL-2.0-only, on any host.",
  ],
])("says %j in words", (exception, words) => {
  expect(exceptionWords(exception)).toBe(words);
});
