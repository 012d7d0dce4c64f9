import { type Finding, type Package, parseDigest, type ScanReport, type Secret } from "@pratique/core";
import { expect, it } from "vitest";
import { PolicyError } from "./errors.ts";
import { imageFactsOf, MAX_FINDINGS, MAX_REASONS_PER_CODE, MAX_SECRETS } from "./image-facts.ts";
import { parseImageFacts } from "./parse-image-facts.ts";
import { secret as secretFacts } from "./testdata/documents.ts";

const installed: Package = {
  id: "pkg:deb/debian/openssl@1.0",
  type: "deb",
  name: "openssl",
  version: "1.0",
  purl: "pkg:deb/debian/openssl@1.0",
  paths: [],
};

function finding(change: Partial<Finding> = {}): Finding {
  return {
    id: "CVE-2024-1",
    aliases: ["GHSA-1"],
    packageId: installed.id,
    severity: "high",
    status: "fixed",
    fixedVersion: "1.1",
    knownExploited: true,
    epss: 0.5,
    source: "debian-tracker",
    advisory: "DSA-1",
    ...change,
  };
}

function secret(change: Partial<Secret> = {}): Secret {
  const { category: _, ...facts } = secretFacts();
  return { ...facts, ...change };
}

const report: ScanReport = {
  schemaVersion: 1,
  scannedAt: "2026-01-01T00:00:00Z",
  target: {
    reference: "app:1",
    digest: parseDigest(`sha256:${"1".repeat(64)}`),
    imageId: parseDigest(`sha256:${"2".repeat(64)}`),
    platform: "linux/amd64",
    distro: { id: "debian", version: "12.5", codename: "bookworm" },
  },
  assessment: {
    state: "complete",
    reasons: [],
    advisories: [
      { source: "debian-tracker", builtAt: "2026-01-01T00:00:00Z", stale: false, coverage: "full" },
    ],
  },
  config: {
    os: "linux",
    architecture: "amd64",
    created: "2025-01-01T00:00:00Z",
    user: "app",
    entrypoint: [],
    command: [],
    environment: ["SECRET=1"],
    workingDirectory: "",
    exposedPorts: [],
    volumes: [],
    labels: { team: "a" },
    healthcheck: [],
  },
  rootAccounts: ["toor"],
  packages: [installed],
  findings: [finding()],
};

it("takes from a report what policies may know", () => {
  expect(imageFactsOf(report)).toEqual({
    reference: "app:1",
    digest: report.target.digest,
    imageId: report.target.imageId,
    platform: "linux/amd64",
    distro: { id: "debian", version: "12.5" },
    user: "app",
    rootAccounts: ["toor"],
    created: "2025-01-01T00:00:00Z",
    labels: { team: "a" },
    packageCount: 1,
    assessment: report.assessment,
    findings: [
      {
        id: "CVE-2024-1",
        aliases: ["GHSA-1"],
        package: "openssl",
        version: "1.0",
        type: "deb",
        severity: "high",
        status: "fixed",
        fixedVersion: "1.1",
        knownExploited: true,
        epss: 0.5,
        confidence: "high",
        source: "debian-tracker",
        advisory: "DSA-1",
      },
    ],
    suppressedCount: 0,
    scannedAt: "2026-01-01T00:00:00Z",
  });
});

it("takes a report of a directory, which has no configuration, to run as root", () => {
  const { config: _, ...bare } = { ...report, target: { reference: "dir:/x" } };
  expect(imageFactsOf(bare)).toMatchObject({ reference: "dir:/x", user: "", labels: {} });
});

it("leaves suppressed findings out of the count, and says how many", () => {
  const findings = [finding({ suppressed: { by: "vex" } }), finding({ id: "CVE-2" })];
  const facts = imageFactsOf({ ...report, findings });
  expect(facts.findings.map(({ id }) => id)).toEqual(["CVE-2"]);
  expect(facts.suppressedCount).toBe(1);
});

it("keeps a finding whose package is not in the report", () => {
  const [kept] = imageFactsOf({ ...report, packages: [] }).findings;
  expect(kept).toMatchObject({ package: installed.id, version: "", type: "" });
});

it("keeps the worst of too many findings, and is then partial", () => {
  const many = Array.from({ length: MAX_FINDINGS }, () =>
    finding({ severity: "low", knownExploited: false }),
  );
  const findings = [
    ...many,
    finding({ id: "worst" }),
    finding({ id: "bad", severity: "critical", knownExploited: false }),
  ];
  const facts = imageFactsOf({ ...report, findings });
  expect(facts.findings).toHaveLength(MAX_FINDINGS);
  expect(facts.findings.slice(0, 2).map(({ id }) => id)).toEqual(["worst", "bad"]);
  expect(facts.assessment.state).toBe("partial");
  expect(facts.assessment.reasons.map(({ code }) => code)).toEqual(["LIMIT_REACHED"]);
});

it("takes the secrets that count, and knows none from not looked", () => {
  const secrets = [secret(), secret({ suppressed: { by: ".trivyignore" } }), secret({ category: "key" })];
  const facts = imageFactsOf({ ...report, secrets });
  expect(facts.secrets).toEqual([
    { ...secretFacts(), category: "" },
    { ...secretFacts(), category: "key" },
  ]);
  expect(parseImageFacts(JSON.parse(JSON.stringify(facts)))).toEqual(facts);
  expect(imageFactsOf({ ...report, secrets: [] }).secrets).toEqual([]);
  expect(Object.keys(imageFactsOf(report))).not.toContain("secrets");
});

it("keeps the worst of too many secrets, and is then partial", () => {
  const many = Array.from({ length: MAX_SECRETS }, () => secret({ severity: "low", confidence: "low" }));
  const secrets = [...many, secret({ rule: "sure", severity: "low" }), secret({ rule: "worst" })];
  const facts = imageFactsOf({ ...report, secrets });
  expect(facts.secrets).toHaveLength(MAX_SECRETS);
  expect(facts.secrets?.slice(0, 2).map(({ rule }) => rule)).toEqual(["worst", "sure"]);
  expect(facts.assessment).toMatchObject({
    state: "partial",
    reasons: [{ code: "LIMIT_REACHED", message: "2 secrets beyond the first 1000 were left out" }],
  });
});

it("keeps every code, and a few reasons of each", () => {
  const reasons = [
    ...Array.from({ length: 50 }, () => ({ code: "FILE_UNREADABLE", message: "m" }) as const),
    { code: "VERSION_UNPARSED", message: "m" } as const,
  ];
  const facts = imageFactsOf({ ...report, assessment: { state: "partial", reasons, advisories: [] } });
  expect(facts.assessment.reasons).toHaveLength(MAX_REASONS_PER_CODE + 1);
  expect(facts.assessment.reasons.at(-1)?.code).toBe("VERSION_UNPARSED");
});

it("reads back what it wrote as JSON", () => {
  const facts = imageFactsOf({ ...report, findings: [finding(), finding({ status: "affected" })] });
  expect(parseImageFacts(JSON.parse(JSON.stringify(facts)))).toEqual(facts);
});

it.each<[string, unknown, string]>([
  ["nothing", null, "expected object, found null"],
  ["a negative number", { packageCount: -1 }, "packageCount"],
  ["a digest that is none", { imageId: "sha256:1" }, "imageId: expected sha256: and 64 hexadecimal digits"],
  [
    "a severity that is none",
    { findings: [{ ...imageFactsOf(report).findings[0], severity: "bad" }] },
    "findings[0].severity",
  ],
  ["a field that is unknown", { usr: "x" }, 'unknown field "usr"; did you mean "user"?'],
])("refuses facts with %s", (_, change, message) => {
  const value = change === null ? null : { ...imageFactsOf(report), ...Object(change) };
  expect(() => parseImageFacts(value)).toThrow(PolicyError);
  expect(() => parseImageFacts(value)).toThrow(message);
  expect(() => parseImageFacts(value)).toThrow(expect.objectContaining({ code: "IMAGE_FACTS_MALFORMED" }));
});
