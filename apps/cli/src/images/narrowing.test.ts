import type { Finding, Package, ScanReport } from "@pratique/core";
import { expect, it } from "vitest";
import { type NarrowingFlags, planNarrowing } from "./narrowing.ts";

function packageOf(type: Package["type"]): Package {
  return { id: type, type, name: type, version: "1", purl: `pkg:${type}/${type}@1`, paths: [] };
}

function finding(packageId: string, severity: Finding["severity"], status: Finding["status"]): Finding {
  const id = `${severity} ${status}`;
  return { id, aliases: [], packageId, severity, status, knownExploited: false, source: "x", advisory: "x" };
}

const report: ScanReport = {
  schemaVersion: 1,
  scannedAt: "2026-11-26T10:00:00.000Z",
  target: { reference: "x" },
  assessment: { state: "complete", reasons: [], advisories: [] },
  rootAccounts: [],
  packages: [packageOf("deb"), packageOf("npm")],
  findings: [
    finding("deb", "high", "fixed"),
    finding("npm", "low", "affected"),
    finding("deb", "low", "will-not-fix"),
  ],
};

it.each<[NarrowingFlags, string[], string[]]>([
  [{}, ["deb", "npm"], ["high fixed", "low affected", "low will-not-fix"]],
  [{ severity: "HIGH,critical" }, ["deb", "npm"], ["high fixed"]],
  [{ onlyFixed: true }, ["deb", "npm"], ["high fixed"]],
  [{ onlyNotfixed: true }, ["deb", "npm"], ["low affected", "low will-not-fix"]],
  [{ ignoreStatus: "will_not_fix, affected" }, ["deb", "npm"], ["high fixed"]],
  [{ pkgTypes: "os" }, ["deb"], ["high fixed", "low will-not-fix"]],
  [{ pkgTypes: "library" }, ["npm"], ["low affected"]],
])("leaves of a report, with %j, %j and %j", (flags, packages, findings) => {
  const narrowed = planNarrowing(flags)(report);
  expect(narrowed.packages.map(({ id }) => id)).toEqual(packages);
  expect(narrowed.findings.map(({ id }) => id)).toEqual(findings);
  expect(narrowed.assessment).toBe(report.assessment);
});

it.each<[NarrowingFlags, string]>([
  [{ severity: "grave" }, "grave"],
  [{ ignoreStatus: "mended" }, "--ignore-status"],
  [{ pkgTypes: "" }, "--pkg-types"],
  [{ onlyFixed: true, onlyNotfixed: true }, "--only-notfixed"],
])("refuses %j", (flags, words) => {
  expect(() => planNarrowing(flags)).toThrow(words);
});
