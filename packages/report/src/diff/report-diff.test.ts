import type { Finding, Package, ScanReport } from "@pratique/core";
import { describe, expect, it } from "vitest";
import { evilReport, evilTexts, findingIn, packageOf, sample } from "../testdata/reports.ts";
import { diffJson, diffTable } from "./diff-text.ts";
import { diffReports } from "./report-diff.ts";

function deb(name: string, version: string, source = name): Package {
  return packageOf({ type: "deb", name, version, source: { name: source, version } });
}

function reportWith(packages: readonly Package[], findings: readonly Finding[] = []): ScanReport {
  return {
    ...sample,
    assessment: { ...sample.assessment, state: "complete", reasons: [] },
    packages,
    findings,
  };
}

describe("packages", () => {
  it("are added, removed or changed", () => {
    const npm = (version: string) => packageOf({ type: "npm", name: "ms", version });
    const before = reportWith([deb("a", "1"), deb("b", "1"), deb("same", "1"), npm("1.0.0"), npm("2.0.0")]);
    const after = reportWith([deb("b", "2"), deb("c", "1"), deb("same", "1"), npm("2.0.0")]);
    expect(diffReports(before, after).packages).toEqual({
      added: [{ type: "deb", name: "c", before: [], after: ["1"] }],
      removed: [{ type: "deb", name: "a", before: ["1"], after: [] }],
      changed: [
        { type: "deb", name: "b", before: ["1"], after: ["2"] },
        { type: "npm", name: "ms", before: ["1.0.0", "2.0.0"], after: ["2.0.0"] },
      ],
    });
  });

  it("of one name and different types are different ones", () => {
    const before = reportWith([deb("six", "1")]);
    const after = reportWith([packageOf({ type: "pypi", name: "six", version: "1" })]);
    expect(diffReports(before, after).packages).toMatchObject({
      added: [{ type: "pypi" }],
      removed: [{ type: "deb" }],
      changed: [],
    });
  });
});

describe("findings", () => {
  const one = deb("libssl3", "1", "openssl");
  const two = deb("openssl", "1");
  const newer = deb("libssl3", "2", "openssl");

  it.each<[string, ScanReport, ScanReport, string]>([
    ["a package that came", reportWith([]), reportWith([one], [findingIn(one)]), "package-added"],
    ["another version", reportWith([newer]), reportWith([one], [findingIn(one)]), "package-changed"],
    ["other advisories", reportWith([one]), reportWith([one], [findingIn(one)]), "advisories"],
    [
      "a rule that ended",
      reportWith([one], [findingIn(one, { suppressed: { by: "x" } })]),
      reportWith([one], [findingIn(one)]),
      "suppression",
    ],
  ])("are new because of %s, and gone the other way round", (_, without, having, cause) => {
    const { findings } = diffReports(without, having);
    expect(findings).toMatchObject({
      new: [{ id: "CVE-2024-0001", name: "openssl", cause }],
      gone: [],
      still: [],
    });
    const back = diffReports(having, without).findings;
    const gone = cause === "package-added" ? "package-removed" : cause;
    expect(back).toMatchObject({ new: [], gone: [{ id: "CVE-2024-0001", cause: gone }], still: [] });
  });

  it("are one for all that was built from one source", () => {
    const { findings } = diffReports(
      reportWith([]),
      reportWith([one, two], [findingIn(one), findingIn(two)]),
    );
    expect(findings.new).toEqual([
      {
        id: "CVE-2024-0001",
        type: "deb",
        name: "openssl",
        versions: ["1"],
        packages: ["libssl3", "openssl"],
        severity: "high",
        status: "affected",
        knownExploited: false,
        cause: "package-added",
      },
    ]);
  });

  it("are still there after an update that does not help, under whatever name", () => {
    const before = reportWith([one], [findingIn(one, { id: "GHSA-1", aliases: ["CVE-2024-1"] })]);
    const after = reportWith([newer], [findingIn(newer, { id: "CVE-2024-1" })]);
    const { findings } = diffReports(before, after);
    expect(findings).toMatchObject({ new: [], gone: [], still: [{ id: "CVE-2024-1", versions: ["2"] }] });
    expect(findings.still[0]).not.toHaveProperty("cause");
  });

  it("come worst first", () => {
    const ids = ["low", "critical", "medium"] as const;
    const after = reportWith(
      [one],
      ids.map((severity) => findingIn(one, { id: severity, severity })),
    );
    const { findings } = diffReports(reportWith([one]), after);
    expect(findings.new.map(({ id }) => id)).toEqual(["critical", "medium", "low"]);
  });
});

it("of a report and itself is nothing", () => {
  const { packages, findings } = diffReports(sample, sample);
  expect([packages.added, packages.removed, packages.changed, findings.new, findings.gone]).toEqual([
    [],
    [],
    [],
    [],
    [],
  ]);
  expect(findings.still).toHaveLength(3);
});

describe("the texts", () => {
  const before = reportWith([deb("a", "1"), deb("b", "1")], [findingIn(deb("a", "1"), { id: "CVE-2024-9" })]);
  const after: ScanReport = {
    ...sample,
    target: { reference: "shop:2" },
    packages: [deb("b", "2"), deb("c", "1")],
    findings: [findingIn(deb("c", "1"), { severity: "critical", status: "fixed", fixedVersion: "1.1" })],
  };

  it("are a table", () => {
    expect([...diffTable(diffReports(before, after), { width: 120, color: false })].join("")).toBe(
      [
        "before  registry.example:5000/acme/shop:1.2  2 packages",
        "after   shop:2  2 packages",
        "        Only partly assessed:",
        "        - a record has no version (var/lib/dpkg/status.d/x)",
        "",
        "Packages: 1 added, 1 removed, 1 changed",
        "  + c 1 (deb)",
        "  - a 1 (deb)",
        "  ~ b 1 -> 2 (deb)",
        "",
        "Findings: 1 new, 1 gone, 0 still there",
        "",
        "      severity  vulnerability  package  installed  fixed in    because of",
        "new   critical  CVE-2024-0001  c        1          1.1         new package",
        "gone  high      CVE-2024-9     a        1          no fix yet  package removed",
        "",
      ].join("\n"),
    );
  });

  it("are JSON", () => {
    const diff = diffReports(before, after);
    expect(JSON.parse([...diffJson(diff)].join(""))).toEqual(diff);
  });

  it.each(evilTexts)("give %j no power over a terminal", (evil) => {
    const diff = diffReports(evilReport(evil), { ...evilReport(evil), packages: [], findings: [] });
    const text = [...diffTable(diff, { width: 100, color: false }), ...diffJson(diff)].join("");
    expect(text).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
  });
});
