import { expect, it } from "vitest";
import { acceptedFindings } from "./accepted.ts";
import { loadPolicies } from "./policy-set.ts";
import { exception } from "./testdata/documents.ts";

const subject = { image: "ghcr.io/acme/shop:1", digests: [], host: "web-1" };
const now = new Date("2026-06-01T00:00:00Z");

function accepted(spec: Record<string, unknown>, finding = { id: "CVE-2024-1", aliases: ["GHSA-1"] }) {
  return acceptedFindings(loadPolicies([exception({ rules: ["rule-0"], ...spec })]), subject, now)(finding)
    ?.id;
}

const images = ["ghcr.io/acme/*"];

it.each([
  ["one that names it", { scope: { images, vulnerabilities: ["CVE-2024-1"] } }, true],
  ["one that names its alias", { scope: { images, vulnerabilities: ["GHSA-1"] } }, true],
  ["one that names another", { scope: { images, vulnerabilities: ["CVE-2024-2"] } }, false],
  ["one that names none", { scope: { images } }, false],
  ["one of another image", { scope: { images: ["docker.io/*"], vulnerabilities: ["CVE-2024-1"] } }, false],
  ["one that is over", { scope: { images, vulnerabilities: ["CVE-2024-1"] }, expires: "2026-05-01" }, false],
])("takes a finding for accepted by %s: %j", (_, spec, expected) => {
  expect(accepted(spec) !== undefined).toBe(expected);
});
