import { type Finding, type Package, parseDigest, purlOf, type ScanReport } from "@pratique/core";
import { readVex, suppress } from "@pratique/matching";
import { type VexSource, vexFormats, vexStatements } from "@pratique/report";
import { array, assert, constantFrom, property, record, tuple } from "fast-check";
import { describe, expect, it } from "vitest";

const distro = { id: "debian", version: "12.13" };
const digest = parseDigest(`sha256:${"a".repeat(64)}`);

function packageAt(type: Package["type"], name: string, path: string): Package {
  const facts = { type, name, version: "1.0", paths: [path] };
  const purl = purlOf(facts, distro);
  return { id: `${purl}#${path}`, purl, ...facts };
}

/** Some of them share a package URL, and some a name. */
const packages: readonly Package[] = [
  packageAt("deb", "bash", "var/lib/dpkg/status"),
  packageAt("npm", "@acme/a b", "srv/a/node_modules/@acme/a b/package.json"),
  packageAt("npm", "@acme/a b", "srv/b?#/package.json"),
  packageAt("pypi", "bash", "usr/lib/python3/bash.egg-info"),
  packageAt("golang", "example.org/Tool", "usr/bin/tool"),
  packageAt("golang", "example.org/Tool", "usr/bin/other"),
];

const targets = {
  "an image of a registry": { reference: "ghcr.io/acme/shop:1.2", digest, distro },
  "an image by digest": { reference: `docker:acme/shop@${digest}`, digest, distro },
  "an archive": { reference: "docker-archive:/srv/Müller & Co.tar", digest, imageId: digest, distro },
  "a directory": { reference: "dir:/srv/a b", distro },
} satisfies Record<string, ScanReport["target"]>;

const finding = record({
  id: constantFrom("CVE-2024-0001", "CVE-2024-0002", "GHSA-aaaa-bbbb-cccc"),
  // One name of a bulletin stands for all of them.
  aliases: constantFrom([], ["DSA-1-1"], ["PYSEC-2024-7"]),
  packageId: constantFrom(...packages.map(({ id }) => id)),
  suppressed: constantFrom<Finding["suppressed"]>(
    undefined,
    { by: ".trivyignore:1" },
    { by: "VEX a", status: "fixed" },
    { by: "VEX b", status: "not_affected", justification: "component_not_present" },
    { by: "VEX c", status: "not_affected", justification: "vulnerable_code_not_present" },
  ),
  status: constantFrom("fixed", "affected", "will-not-fix", "under-investigation"),
});

function reportOf(target: ScanReport["target"], drawn: readonly object[]): ScanReport {
  const findings = new Map<string, Finding>();
  for (const one of drawn as readonly Pick<
    Finding,
    "id" | "aliases" | "packageId" | "suppressed" | "status"
  >[]) {
    const { suppressed, ...rest } = one;
    findings.set(`${one.id} ${one.packageId}`, {
      severity: "high",
      knownExploited: false,
      source: "osv",
      advisory: one.id,
      ...rest,
      ...(one.status === "fixed" && { fixedVersion: "2.0" }),
      ...(suppressed !== undefined && { suppressed }),
    });
  }
  return {
    schemaVersion: 1,
    scannedAt: "2026-11-26T10:00:00.000Z",
    target,
    assessment: { state: "complete", reasons: [], advisories: [] },
    rootAccounts: [],
    packages,
    findings: [...findings.values()],
  };
}

function suppressedIn({ findings }: ScanReport): readonly string[] {
  return findings
    .filter(({ suppressed }) => suppressed !== undefined)
    .map(({ id, packageId }) => `${id} in ${packageId}`);
}

function withoutRules(report: ScanReport): ScanReport {
  const findings = report.findings.map((one) => {
    const { suppressed, ...rest } = one;
    return suppressed === undefined ? one : rest;
  });
  return { ...report, findings };
}

function sourceOf(report: ScanReport): VexSource {
  return {
    target: report.target,
    time: report.scannedAt,
    author: "Acme",
    namespace: "https://acme.example",
    version: "1.2.3",
    statements: vexStatements({ report, clearances: [] }),
  };
}

describe.each(vexFormats.map((format) => [format.name, format] as const))("%s", (_, format) => {
  it.each(Object.entries(targets))(
    "read back suppresses the same findings of %s, and no others",
    (_name, target) => {
      assert(
        property(tuple(finding, array(finding, { maxLength: 12 })), ([first, others]) => {
          const report = reportOf(target, [first, ...others]);
          const text = [...format.render(sourceOf(report))].join("");
          const { rules, problems } = readVex(text, "own");
          expect(problems).toEqual([]);
          expect(suppressedIn(suppress(withoutRules(report), rules).report)).toEqual(suppressedIn(report));
        }),
        { numRuns: 60 },
      );
    },
  );
});

it("keeps justifications that both sides have", () => {
  const report = reportOf(targets["a directory"], [
    {
      id: "CVE-2024-0001",
      aliases: [],
      packageId: packages[0]?.id ?? "",
      status: "affected",
      suppressed: { by: "VEX c", status: "not_affected", justification: "vulnerable_code_not_present" },
    },
  ]);
  for (const format of vexFormats) {
    const { rules } = readVex([...format.render(sourceOf(report))].join(""), "own");
    expect(suppress(withoutRules(report), rules).report.findings).toMatchObject([
      { suppressed: { status: "not_affected", justification: "vulnerable_code_not_present" } },
    ]);
  }
});
