import { type PolicyException, parseDigest } from "@pratique/core";
import { assert, property, subarray } from "fast-check";
import { expect, it } from "vitest";
import { evaluate } from "./evaluate.ts";
import { HARMLESS_HOST, HARMLESS_IMAGE, HARMLESS_LAUNCH } from "./harmless.ts";
import type { FindingFacts } from "./image-facts.ts";
import type { EvaluationInput } from "./judge.ts";
import { loadPolicies } from "./policy-set.ts";
import { exception, finding, policy } from "./testdata/documents.ts";

const now = new Date("2026-06-01T00:00:00Z");
const imageId = parseDigest(`sha256:${"1".repeat(64)}`);
const digest = parseDigest(`sha256:${"2".repeat(64)}`);
const input: EvaluationInput = {
  stage: "launch",
  image: { ...HARMLESS_IMAGE, imageId, digest },
  launch: HARMLESS_LAUNCH,
  host: { ...HARMLESS_HOST, name: "web-1" },
  now,
};
const denyAll = policy({ deny: "true" });
const denyFindings = policy({ forEach: { finding: "findings" }, deny: "true", value: "{{ finding.id }}" });

function lifted(spec: Record<string, unknown>, change: Partial<EvaluationInput> = {}): string | undefined {
  const set = loadPolicies([denyAll, exception({ rules: ["rule-0"], ...spec })]);
  const verdict = evaluate(set, { ...input, ...change });
  const [violation] = verdict.violations;
  expect(verdict.decision).toBe(violation?.waivedBy === undefined ? "deny" : "allow");
  return violation?.waivedBy;
}

it.each<[string, Record<string, unknown>]>([
  ["the rule by its name", { rules: ["rule-0"] }],
  ["the rule in its policy", { rules: ["other", "test/rule-0"] }],
  ["this image", { scope: { images: ["registry.example/app:1"] } }],
  ["this repository", { scope: { images: ["registry.example/app:*"] } }],
  ["a pattern with several stars", { scope: { images: ["*example*/a*:*"] } }],
  ["this image id", { scope: { digests: [imageId] } }],
  ["this manifest", { scope: { digests: [digest] } }],
  ["this host", { scope: { hosts: ["db-*", "web-*"] } }],
  ["image and host", { scope: { images: ["*"], hosts: ["web-1"] } }],
])("lifts a violation for %s", (_, spec) => {
  expect(lifted(spec)).toBe("waiver");
});

it.each<[string, Record<string, unknown>]>([
  ["another rule", { rules: ["rule-1"] }],
  ["the rule of another policy", { rules: ["other/rule-0"] }],
  ["a star in place of a rule", { rules: ["*"] }],
  ["another image", { scope: { images: ["registry.example/other:*"] } }],
  ["a prefix of the image without a star", { scope: { images: ["registry.example/app"] } }],
  ["another digest", { scope: { digests: [`sha256:${"3".repeat(64)}`] } }],
  ["another host", { scope: { hosts: ["db-*"] } }],
  ["the image on another host", { scope: { images: ["*"], hosts: ["db-*"] } }],
  ["vulnerabilities, of a rule about something else", { scope: { vulnerabilities: ["CVE-2024-0001"] } }],
  ["a time that is over", { expires: "2026-05-31" }],
  ["a time that ends now", { expires: "2026-06-01T00:00:00Z" }],
])("lifts nothing for %s", (_, spec) => {
  expect(lifted(spec)).toBeUndefined();
});

it.each([
  ["nginx:*", "nginx:1.27", true],
  ["nginx:*", "docker.io/library/nginx:1.27", true],
  ["nginx:*", "index.docker.io/library/nginx:1.27", true],
  ["nginx:latest", "nginx", true],
  ["nginx:*", `nginx:1.27@${digest}`, true],
  ["docker.io/library/nginx:*", "nginx:1.27", true],
  ["team/app:*", "docker.io/team/app:2", true],
  ["nginx:*", "evil.example/nginx:1.27", false],
  ["nginx:*", "evil.example/library/nginx:1.27", false],
  ["nginx:*", "team/nginx:1.27", false],
  ["docker.io/*", "evil.example/docker.io/nginx:1", false],
  ["ghcr.io/a*:1", "docker.io/ghcr.io/app:1", false],
  ["acme/app:*", "docker.io/library/acme/app:1", false],
  ["docker.io/ghcr.io/a*:1", "docker.io/ghcr.io/app:1", true],
  ["app:1", "not a reference", false],
  ["a*a", "a", false],
  ["*aa*aa", "aaa", false],
])("holds the pattern %s against %s: %s", (pattern, image, fits) => {
  const launch = { ...HARMLESS_LAUNCH, image };
  expect(lifted({ scope: { images: [pattern] } }, { launch }) !== undefined).toBe(fits);
});

it("answers quickly to a pattern of many stars", () => {
  const launch = { ...HARMLESS_LAUNCH, image: "a".repeat(100_000) };
  expect(lifted({ scope: { images: [`${"*a".repeat(900)}b`] } }, { launch })).toBeUndefined();
});

function vulnerable(
  findings: readonly FindingFacts[],
  ...vulnerabilities: readonly (readonly string[])[]
): ReturnType<typeof evaluate> {
  const waivers = vulnerabilities.map((ids, index) =>
    exception({ rules: ["rule-0"], scope: { vulnerabilities: ids } }, `waiver-${index}`),
  );
  const set = loadPolicies([denyFindings, ...waivers]);
  return evaluate(set, { ...input, image: { ...HARMLESS_IMAGE, findings } });
}

const [a, b, c] = ["CVE-1", "CVE-2", "CVE-3"].map((id) => finding({ id, aliases: [`GHSA-${id}`] }));
const three = [a, b, c].filter((one) => one !== undefined);

it("lifts a violation when every vulnerability is covered", () => {
  expect(vulnerable(three, ["CVE-1", "CVE-2", "CVE-3"])).toMatchObject({
    decision: "allow",
    violations: [{ waivedBy: "waiver-0", value: "CVE-1; CVE-2; CVE-3" }],
  });
});

it("lifts it by several exceptions together, and by aliases", () => {
  expect(vulnerable(three, ["CVE-1"], ["GHSA-CVE-2", "GHSA-CVE-3"], ["CVE-9"])).toMatchObject({
    decision: "allow",
    violations: [{ waivedBy: "waiver-0, waiver-1" }],
  });
});

it("names what is left when one vulnerability is not covered", () => {
  const verdict = vulnerable(three, ["CVE-1", "CVE-3"]);
  expect(verdict.decision).toBe("deny");
  expect(verdict.violations).toMatchObject([{ value: "CVE-2" }]);
  expect(verdict.violations[0]).not.toHaveProperty("waivedBy");
});

it("forgets what was left once the exceptions are gone", () => {
  const set = loadPolicies([denyFindings]);
  const image = { ...HARMLESS_IMAGE, findings: three };
  const waiver: PolicyException = {
    id: "w",
    rules: ["rule-0"],
    scope: { vulnerabilities: ["CVE-1"] },
    reason: "r",
    owner: "o",
    expires: "2026-06-02T00:00:00Z",
  };
  const exceptions = [waiver];
  const valueAt = (moment: string): string | undefined =>
    evaluate(set, { ...input, image, exceptions, now: new Date(moment) }).violations[0]?.value;
  expect(valueAt("2026-06-01T00:00:00Z")).toBe("CVE-2; CVE-3");
  expect(valueAt("2026-06-02T00:00:00Z")).toBe("CVE-1; CVE-2; CVE-3");
  expect(valueAt("2026-06-01T00:00:00Z")).toBe("CVE-2; CVE-3");
});

it("does not lift by a vulnerability what could not be evaluated", () => {
  const set = loadPolicies([
    policy({ forEach: { finding: "findings" }, deny: "finding.id == image.labels.id" }),
    exception({ rules: ["rule-0"], scope: { vulnerabilities: ["CVE-2024-0001"] } }),
  ]);
  expect(evaluate(set, { ...input, image: { ...HARMLESS_IMAGE, findings: [finding()] } }).decision).toBe(
    "deny",
  );
});

it("lifts the built-in refusal of what was not assessed, when told so", () => {
  const set = loadPolicies([exception({ rules: ["assessed"] })]);
  expect(evaluate(set, { ...input, image: undefined })).toMatchObject({
    decision: "allow",
    violations: [{ policy: "built-in", waivedBy: "waiver" }],
  });
});

it("tells exceptions beside the set apart by the revision", () => {
  const set = loadPolicies([denyAll]);
  const waiver = {
    id: "w",
    rules: ["rule-0"],
    scope: {},
    reason: "r",
    owner: "o",
    expires: "2027-01-01T00:00:00Z",
  };
  const plain = evaluate(set, input).policyRevision;
  const exceptions = [waiver];
  const waived = evaluate(set, { ...input, exceptions });
  expect(waived).toMatchObject({ decision: "allow", violations: [{ waivedBy: "w" }] });
  expect(waived.policyRevision).toMatch(/^sha256:[0-9a-f]{64}$/u);
  expect(waived.policyRevision).not.toBe(plain);
  expect(evaluate(set, { ...input, exceptions: [{ ...waiver }] }).policyRevision).toBe(waived.policyRevision);
  expect(evaluate(set, { ...input, exceptions: [] }).policyRevision).toBe(plain);
});

it("lifts nothing by an exception whose end cannot be read", () => {
  const waiver = { id: "w", rules: ["rule-0"], scope: {}, reason: "r", owner: "o", expires: "some day" };
  expect(evaluate(loadPolicies([denyAll]), { ...input, exceptions: [waiver] }).decision).toBe("deny");
});

it("never makes a verdict harder, and lifts only what every finding of is covered", () => {
  const ids = ["CVE-1", "CVE-2", "CVE-3", "CVE-4"];
  assert(
    property(subarray(ids), subarray(ids, { minLength: 1 }), (present, covered) => {
      const findings = present.map((id) => finding({ id }));
      const verdict = vulnerable(findings, covered);
      expect(verdict.decision).toBe(present.every((id) => covered.includes(id)) ? "allow" : "deny");
      expect(verdict.violations).toHaveLength(vulnerable(findings).violations.length);
    }),
  );
});
