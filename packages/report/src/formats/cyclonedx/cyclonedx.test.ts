import type { ScanReport } from "@pratique/core";
import { describe, expect, it } from "vitest";
import type { RenderContext } from "../../report-format.ts";
import { bomValidator } from "../../testdata/bom-validator.ts";
import {
  clean,
  context,
  evilReport,
  evilTexts,
  findingIn,
  sample,
  unassessed,
} from "../../testdata/reports.ts";
import { cyclonedx } from "./cyclonedx.ts";

const validate = bomValidator();

function bomOf(report = sample, changes: Partial<RenderContext> = {}) {
  return JSON.parse([...cyclonedx.render(report, { ...context, ...changes })].join(""));
}

describe("CycloneDX", () => {
  it.each<readonly [string, ScanReport]>([
    ["a report", sample],
    ["one without findings", clean],
    ["one of nothing", unassessed],
    ...evilTexts.map((evil) => [evil, evilReport(evil)] as const),
  ])("is valid for %j", (_, report) => {
    expect([validate(bomOf(report)), validate.errors]).toEqual([true, null]);
  });

  it("refers to nothing that is not there, and names nothing twice", () => {
    const bom = bomOf();
    const refs = [
      bom.metadata.component["bom-ref"],
      ...[...bom.components, ...bom.vulnerabilities].map((part) => part["bom-ref"]),
    ];
    expect(new Set(refs).size).toBe(refs.length);
    const used = [
      ...bom.dependencies.flatMap(({ ref, dependsOn }: { ref: string; dependsOn: string[] }) => [
        ref,
        ...dependsOn,
      ]),
      ...bom.vulnerabilities.flatMap(({ affects }: { affects: { ref: string }[] }) =>
        affects.map(({ ref }) => ref),
      ),
    ];
    expect(used.filter((ref) => !refs.includes(ref))).toEqual([]);
  });

  it("tells who brought what", () => {
    const [openssl, libssl, pip, requests, lodash] = sample.packages.map(({ id }) => id);
    expect(bomOf().dependencies).toEqual([
      { ref: "image", dependsOn: ["system:debian@12.5", lodash] },
      { ref: "system:debian@12.5", dependsOn: [openssl, libssl, pip] },
      { ref: pip, dependsOn: [requests] },
    ]);
  });

  it("names the image so that others find it", () => {
    expect(bomOf().metadata.component).toMatchObject({
      type: "container",
      name: "registry.example:5000/acme/shop",
      purl: `pkg:oci/shop@sha256%3A${"1".repeat(64)}?repository_url=registry.example%3A5000%2Facme%2Fshop&tag=1.2`,
    });
  });

  it("gives npm's scope as the group", () => {
    const lodash = bomOf().components.find(({ name }: { name: string }) => name === "lodash");
    expect(lodash).toMatchObject({
      group: "@acme",
      version: "4.17.20",
      purl: "pkg:npm/%40acme/lodash@4.17.20",
    });
  });

  it("has one entry for a vulnerability in several packages", () => {
    const [openssl, libssl] = sample.packages;
    const found = bomOf().vulnerabilities.filter(({ id }: { id: string }) => id === "CVE-2024-0001");
    expect(found).toHaveLength(1);
    expect(found[0].affects.map(({ ref }: { ref: string }) => ref)).toEqual([openssl?.id, libssl?.id]);
    expect(found[0].recommendation).toBe(
      "update openssl from 3.0.11-1~deb12u1 to 3.0.13-1~deb12u1; update libssl3 (built from openssl) from 3.0.11-1~deb12u1 to 3.0.13-1~deb12u1",
    );
  });

  it("says of what is suppressed that it is, and not that it affects", () => {
    const found = bomOf().vulnerabilities.find(({ id }: { id: string }) => id === "CVE-2018-20225");
    expect(found.analysis).toEqual({ detail: "suppressed by ignore file" });
    expect(found.affects[0].versions).toBeUndefined();
  });

  it("says in its own words what a VEX statement says", () => {
    const [owner] = sample.packages;
    if (owner === undefined) throw new Error("no package");
    const suppressed = {
      by: "VEX x",
      status: "not_affected",
      justification: "vulnerable_code_not_present",
    } as const;
    const bom = bomOf({ ...sample, findings: [findingIn(owner, { suppressed })] });
    expect(validate(bom)).toBe(true);
    expect(bom.vulnerabilities[0].analysis).toEqual({
      state: "not_affected",
      justification: "code_not_present",
      detail: "suppressed by VEX x",
    });
  });

  it("has no vulnerabilities where only the inventory is asked for", () => {
    expect(bomOf(sample, { inventoryOnly: true })).not.toHaveProperty("vulnerabilities");
    expect(bomOf(clean).vulnerabilities).toEqual([]);
  });

  it("says that it is incomplete where packages could not be read, and not where advisories are missing", () => {
    const missing = { code: "ADVISORIES_MISSING" as const, message: "none" };
    const { assessment } = sample;
    expect(bomOf().compositions).toEqual([{ aggregate: "incomplete", assemblies: ["image"] }]);
    expect(
      bomOf({ ...sample, assessment: { ...assessment, reasons: [missing] } }).compositions,
    ).toBeUndefined();
  });

  it("has a serial number that differs with the content", () => {
    const other = { ...sample, packages: sample.packages.slice(1) };
    expect(bomOf().serialNumber).toMatch(
      /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/u,
    );
    expect(bomOf(other).serialNumber).not.toBe(bomOf().serialNumber);
  });

  it("keeps ratings of different sources apart", () => {
    const [owner] = sample.packages;
    if (owner === undefined) throw new Error("no package");
    const findings = [findingIn(owner), findingIn(owner, { source: "osv", severity: "low" })];
    expect(bomOf({ ...sample, findings }).vulnerabilities[0].ratings).toEqual([
      { source: { name: "debian-tracker" }, severity: "high", method: "other" },
      { source: { name: "osv" }, severity: "low", method: "other" },
    ]);
  });
});
