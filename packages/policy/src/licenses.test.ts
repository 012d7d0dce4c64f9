import type { LicenseFinding, Package, ScanReport } from "@pratique/core";
import { expect, it } from "vitest";
import { evaluate } from "./evaluate.ts";
import { HARMLESS_IMAGE } from "./harmless.ts";
import { type ImageFacts, imageFactsOf, MAX_LICENSES, MAX_PACKAGES_NAMED } from "./image-facts.ts";
import { parseImageFacts } from "./parse-image-facts.ts";
import { loadPolicies } from "./policy-set.ts";
import { exception, license, policy } from "./testdata/documents.ts";

const { licenses: _, ...unasked } = HARMLESS_IMAGE;
const noForbidden = policy({
  forEach: { license: "image.licenses" },
  deny: "license.category == 'forbidden'",
  message: "{{ count }} licenses are not to be used",
  value: "{{ license.id }} ({{ license.severity }}) of {{ license.packageCount }}: {{ license.packages }}",
});

function judge(image: ImageFacts | undefined, ...documents: Parameters<typeof loadPolicies>[0]) {
  const now = new Date("2026-06-01T00:00:00Z");
  return evaluate(loadPolicies(documents), { stage: "build", image, now });
}

it("denies an image for a license, and tells which packages have it", () => {
  const mit = license({ id: "MIT", category: "notice", severity: "low" });
  expect(judge({ ...unasked, licenses: [license(), mit] }, noForbidden)).toMatchObject({
    decision: "deny",
    violations: [
      { message: "1 licenses are not to be used", value: "AGPL-3.0-only (critical) of 1: ghostscript" },
    ],
  });
  expect(judge({ ...unasked, licenses: [mit] }, noForbidden).decision).toBe("allow");
  expect(judge({ ...unasked, licenses: [] }, noForbidden).decision).toBe("allow");
});

it.each([
  ["a list", { forEach: { license: "image.licenses" }, deny: "true" }],
  ["a condition", { deny: "image.licenses.exists(license, license.id == 'MIT')" }],
  ["a scope", { when: "size(image.licenses) > 0", deny: "true" }],
  ["the image by another name", { deny: "[image].exists(one, size(one.licenses) > 0)" }],
])("counts a rule that looks at licenses in %s as broken where nobody asked", (_what, rule) => {
  expect(judge(unasked, policy(rule))).toMatchObject({
    decision: "deny",
    violations: [
      {
        value: "nobody asked for the licenses of the image",
        fix: "have them read: pratique image scan --scanners vuln,license",
      },
    ],
  });
});

it("leaves the answer to a rule that speaks of the state", () => {
  const lenient = policy({
    when: "image.licensesState != 'not-looked'",
    forEach: { license: "image.licenses" },
    deny: "true",
  });
  expect(judge(unasked, lenient).decision).toBe("allow");
  expect(judge({ ...unasked, licenses: [license()] }, lenient).decision).toBe("deny");
  // One state is no answer for the other list.
  const mixed = policy({ deny: "image.secretsState == 'found' || size(image.licenses) > 0" });
  expect(judge(unasked, mixed).decision).toBe("deny");
});

it.each([
  [noForbidden, ["licenses"]],
  [policy({ deny: "true", value: "{{ image.licensesState }}" }), ["licenses"]],
  [policy({ deny: "image.runsAsRoot" }), []],
])("knows whether licenses have to be read (%#)", (document, expected) => {
  expect([...loadPolicies([document]).sought]).toEqual(expected);
});

it("lets an exception pass a single license, whatever its case, and no expression that it is only a part of", () => {
  const sspl = license({ id: "SSPL-1.0" });
  const either = license({ id: "AGPL-3.0-only OR SSPL-1.0" });
  const image = { ...unasked, licenses: [license(), sspl] };
  const waive = (scope: object) => exception({ rules: ["rule-0"], scope });
  const one = judge(image, noForbidden, waive({ licenses: ["agpl-3.0-ONLY"] }));
  expect(one).toMatchObject({
    decision: "deny",
    violations: [{ message: "1 licenses are not to be used", value: expect.stringContaining("SSPL-1.0") }],
  });
  const two = waive({ licenses: ["AGPL-3.0-only", "SSPL-1.0"] });
  expect(judge(image, noForbidden, two)).toMatchObject({
    decision: "allow",
    violations: [{ waivedBy: "waiver" }],
  });
  const whole = { ...unasked, licenses: [either] };
  expect(judge(whole, noForbidden, two).decision).toBe("deny");
  expect(judge(whole, noForbidden, waive({ licenses: [either.id] })).decision).toBe("allow");
});

it("lets no exception for a license stand for anything else", () => {
  const waiver = exception({ rules: ["rule-0"], scope: { licenses: ["AGPL-3.0-only"] } });
  expect(judge(unasked, noForbidden, waiver).decision).toBe("deny");
  expect(judge({ ...unasked, licenses: [license()] }, policy({ deny: "true" }), waiver).decision).toBe(
    "deny",
  );
  const elsewhere = exception({ rules: ["rule-0"], scope: { secrets: ["AGPL-3.0-only"] } });
  expect(judge({ ...unasked, licenses: [license()] }, noForbidden, elsewhere).decision).toBe("deny");
});

function reportWith(licenses: readonly LicenseFinding[], packages: readonly Package[]): ScanReport {
  return {
    schemaVersion: 1,
    scannedAt: "2026-01-01T00:00:00Z",
    target: { reference: "x" },
    assessment: { state: "complete", reasons: [], advisories: [] },
    rootAccounts: [],
    packages,
    findings: [],
    licenses,
  };
}

function packageCalled(name: string): Package {
  return { id: `pkg:npm/${name}@1`, purl: `pkg:npm/${name}@1`, type: "npm", name, version: "1", paths: [] };
}

function found(id: string, name: string, change: Partial<LicenseFinding> = {}): LicenseFinding {
  return { license: id, category: "notice", severity: "low", packageId: packageCalled(name).id, ...change };
}

it("takes each license that counts once, the strictest first, and knows none from not asked", () => {
  const packages = ["a", "b", "c"].map(packageCalled);
  const strict = { category: "restricted", severity: "high" } as const;
  const licenses = [
    found("MIT", "a"),
    found("GPL-2.0-only", "b", strict),
    found("MIT", "c"),
    found("ISC", "c", { suppressed: { by: ".trivyignore:1" } }),
  ];
  const facts = imageFactsOf(reportWith(licenses, packages));
  expect(facts.licenses).toEqual([
    { id: "GPL-2.0-only", ...strict, packages: ["b"], packageCount: 1 },
    { id: "MIT", category: "notice", severity: "low", packages: ["a", "c"], packageCount: 2 },
  ]);
  expect(parseImageFacts(JSON.parse(JSON.stringify(facts)))).toEqual(facts);
  const { licenses: _licenses, ...silent } = reportWith([], packages);
  expect(Object.keys(imageFactsOf(silent))).not.toContain("licenses");
});

it("tells no more of long words than of a name", () => {
  const report = reportWith([found("x".repeat(4000), "a")], [packageCalled("a")]);
  const [told] = imageFactsOf(report).licenses ?? [];
  expect(told?.id).toBe(`${"x".repeat(511)}…`);
});

it("names some packages of many, and is partial with too many licenses", () => {
  const packages = Array.from({ length: 50 }, (_item, at) => packageCalled(`p${at}`));
  const [common] =
    imageFactsOf(
      reportWith(
        packages.map(({ name }) => found("MIT", name)),
        packages,
      ),
    ).licenses ?? [];
  expect([common?.packages.length, common?.packageCount]).toEqual([MAX_PACKAGES_NAMED, 50]);
  const many = Array.from({ length: MAX_LICENSES + 1 }, (_item, at) => found(`words ${at}`, "p0"));
  const facts = imageFactsOf(reportWith(many, packages));
  expect(facts.licenses).toHaveLength(MAX_LICENSES);
  expect(facts.assessment).toMatchObject({ state: "partial", reasons: [{ code: "LIMIT_REACHED" }] });
});
