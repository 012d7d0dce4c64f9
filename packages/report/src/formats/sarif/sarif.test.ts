import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import type { ScanReport } from "@pratique/core";
import { Ajv } from "ajv";
import addFormats from "ajv-formats";
import { describe, expect, it } from "vitest";
import { clean, context, evilReport, evilTexts, sample, unassessed } from "../../testdata/reports.ts";
import { sarif } from "./sarif.ts";

const matcher = createRequire(import.meta.url).resolve("@microsoft/jest-sarif");
const schemaFile = path.join(
  matcher.slice(0, matcher.indexOf("jest-sarif")),
  "jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json",
);
const { $schema: _draft, id: _id, ...schema } = JSON.parse(readFileSync(schemaFile, "utf8"));
// The schema has a pattern that is none with Unicode.
const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
addFormats.default(ajv);
const validate = ajv.compile(schema);

function runOf(report = sample) {
  return JSON.parse([...sarif.render(report, context)].join("")).runs[0];
}

describe("SARIF", () => {
  it.each<readonly [string, ScanReport]>([
    ["a report", sample],
    ["one without findings", clean],
    ["one of nothing", unassessed],
    ...evilTexts.map((evil) => [evil, evilReport(evil)] as const),
  ])("is valid for %j", (_, report) => {
    const log = JSON.parse([...sarif.render(report, context)].join(""));
    expect([validate(log), validate.errors]).toEqual([true, null]);
  });

  it("has one rule for a vulnerability, with its severity", () => {
    const { rules } = runOf().tool.driver;
    expect(rules.map((rule: { id: string; properties: object }) => [rule.id, rule.properties])).toEqual([
      ["CVE-2021-23337", { "security-severity": "9.5", tags: ["security", "vulnerability", "critical"] }],
      [
        "CVE-2024-0001",
        { "security-severity": "8.0", tags: ["security", "vulnerability", "high", "known-exploited"] },
      ],
      ["PYSEC-2023-74", { "security-severity": "5.0", tags: ["security", "vulnerability", "unknown"] }],
    ]);
  });

  it("points each result at its rule", () => {
    const { tool, results } = runOf();
    expect(results).toHaveLength(4);
    for (const { ruleId, ruleIndex } of results) expect(tool.driver.rules[ruleIndex].id).toBe(ruleId);
  });

  it.each([
    ["a plain path", "var/lib/dpkg/status", "var/lib/dpkg/status"],
    ["one that begins at the root", "/etc/os-release", "etc/os-release"],
    ["one that leads up", "../../a/./b", "a/b"],
    ["what would be a scheme", "javascript:alert(1)", "javascript%3Aalert(1)"],
    ["blanks and percent signs", "a b/100%", "a%20b/100%25"],
    ["half a surrogate", "\ud800", "%EF%BF%BD"],
    ["none", undefined, "registry.example-5000/acme/shop"],
  ])("gives %s a place that GitHub takes", (_, place, uri) => {
    const [owner, ...others] = sample.packages;
    if (owner === undefined) throw new Error("no package");
    const packages = [{ ...owner, paths: place === undefined ? [] : [place] }, ...others];
    const result = runOf({ ...sample, packages }).results.find(
      ({ ruleId }: { ruleId: string }) => ruleId === "CVE-2024-0001",
    );
    expect(result.locations[0].physicalLocation).toEqual({
      artifactLocation: { uri, uriBaseId: "ROOTPATH" },
      region: { startLine: 1 },
    });
  });

  it("keeps fingerprints while versions change, and gives no two results the same", () => {
    const fingerprints = (report = sample) =>
      runOf(report).results.map(
        (result: { partialFingerprints: { primaryLocationLineHash: string } }) =>
          result.partialFingerprints.primaryLocationLineHash,
      );
    const updated = {
      ...sample,
      scannedAt: "2027-01-01T00:00:00.000Z",
      packages: sample.packages.map((member) => ({ ...member, version: "9" })),
    };
    expect(fingerprints(updated)).toEqual(fingerprints());
    expect(new Set(fingerprints()).size).toBe(4);
    const [finding] = sample.findings;
    if (finding === undefined) throw new Error("no finding");
    const twice = fingerprints({ ...sample, findings: [finding, finding] });
    expect(twice.map((text: string) => text.slice(-2))).toEqual([":1", ":2"]);
  });

  it("is filed by the image without its tag, so that alerts close when the image is mended", () => {
    expect(runOf().automationDetails.id).toBe("pratique/registry.example-5000/acme/shop/");
    const other = { ...sample, target: { ...sample.target, reference: "registry.example:5000/acme/shop:2" } };
    expect(runOf(other).automationDetails).toEqual(runOf().automationDetails);
  });

  it("leaves out what is suppressed", () => {
    expect(JSON.stringify(runOf())).not.toContain("CVE-2018-20225");
  });

  it("calls a scan that could say nothing a failure", () => {
    expect(runOf(unassessed).invocations[0].executionSuccessful).toBe(false);
    expect(runOf().invocations[0]).toMatchObject({
      executionSuccessful: true,
      toolExecutionNotifications: [
        {
          descriptor: { id: "PACKAGE_RECORD_MALFORMED" },
          message: { text: "a record has no version (var/lib/dpkg/status.d/x)" },
        },
      ],
    });
  });
});
