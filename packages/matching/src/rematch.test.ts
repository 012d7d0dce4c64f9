import {
  type Advisory,
  advisoryNames,
  type Distro,
  foldName,
  type Package,
  packageInstances,
  type ScanReport,
} from "@pratique/core";
import { array, assert, boolean, constantFrom, property, record, subarray, uniqueArray } from "fast-check";
import { describe, expect, it } from "vitest";
import { assess } from "./assess.ts";
import { match } from "./match.ts";
import { isSameJudgement, matchInstances } from "./match-instances.ts";
import { rematch } from "./rematch.ts";
import { advisory, MemoryIndex } from "./testdata/memory-index.ts";

const distros: readonly (Distro | undefined)[] = [
  { id: "debian", version: "12.5", codename: "bookworm" },
  { id: "ubuntu", version: "22.04", services: ["esm-infra"] },
  { id: "rhel", version: "9.4" },
  undefined,
];
const words = ["openssl", "Open_SSL", "zlib", "lodash", "Microsoft.NETCore.App"];
const versions = ["1.0-1", "1.0-2", "2.0-1", "8.0.1"];

const anyPackage = record({
  type: constantFrom<Package["type"]>("deb", "rpm", "apk", "npm", "pypi", "nuget", "generic"),
  name: constantFrom(...words),
  version: constantFrom(...versions, "not a version"),
  source: constantFrom(undefined, ...words),
  isOwned: boolean(),
});

const anyPackages = uniqueArray(anyPackage, { maxLength: 8, selector: (each) => JSON.stringify(each) }).map(
  (parts) =>
    parts.map(({ source, isOwned, ...rest }, place): Package => {
      const owner = parts.findIndex(({ type }) => type === "deb" || type === "rpm");
      return {
        ...rest,
        id: `package ${place}`,
        purl: "",
        paths: [`usr/lib/${place}`],
        ...(source !== undefined && { source: { name: source, version: "1.0-1" } }),
        ...(isOwned && owner >= 0 && { ownedBy: `package ${owner}` }),
      };
    }),
);

const ecosystems = [
  "Debian:12",
  "Ubuntu:22.04",
  "Ubuntu:Pro:Infra:22.04",
  "Red Hat:9",
  "npm",
  "PyPI",
  "NuGet",
  "Bitnami",
  "NVD",
];
const anyAdvisory = record({
  id: constantFrom("CVE-2026-0001", "CVE-2026-0002", "GHSA-1"),
  aliases: subarray(["CVE-2026-0003", "GHSA-1"]),
  ecosystem: constantFrom(...ecosystems),
  package: constantFrom("openssl", "open-ssl", "zlib", "lodash", "microsoft.netcore.app.runtime.linux-x64"),
  ranges: constantFrom([], [{ fixed: "2.0-1" }], [{ fixed: "9.0.0" }], [{ introduced: "1.0-2" }]),
}).map((parts): Advisory => advisory(parts));
const anyAdvisories = array(anyAdvisory, { maxLength: 12 });

function reportOf(packages: readonly Package[], distro: Distro | undefined): ScanReport {
  return {
    schemaVersion: 1,
    scannedAt: "2026-11-24T10:00:00Z",
    target: { reference: "app:1", ...(distro !== undefined && { distro }) },
    assessment: { state: "complete", reasons: [], advisories: [] },
    rootAccounts: [],
    packages,
    findings: [],
  };
}

/** What a scan says that has read some things badly. */
function scanned(report: ScanReport, index: MemoryIndex): ScanReport {
  const { packages, target } = report;
  const { findings, reasons, judgedPackages } = match({ distro: target.distro, packages }, index);
  const read = [{ code: "FILE_UNREADABLE", message: "cut short" }] as const;
  return {
    ...report,
    assessment: { ...assess(packages, [...read, ...reasons], judgedPackages), advisories: index.sources },
    findings,
  };
}

/** The first of two advisories of one source about one vulnerability in one package is left out by no database. */
function keyOf({ ecosystem, package: name }: Advisory): string {
  return `${ecosystem} ${name}`;
}

describe("a report that is held against other advisories", () => {
  it("says what a scan would say by them", () => {
    assert(
      property(
        anyPackages,
        constantFrom(...distros),
        anyAdvisories,
        anyAdvisories,
        (packages, distro, one, other) => {
          const [before, after] = [
            new MemoryIndex({ advisories: one }),
            new MemoryIndex({ advisories: other }),
          ];
          const report = reportOf(packages, distro);
          expect(rematch(scanned(report, before), after)).toEqual(scanned(report, after));
        },
      ),
    );
  });

  it("keeps out of the count what a rule took out, under whichever of its names", () => {
    const openssl: Package = { id: "p", type: "deb", name: "openssl", version: "1.0-1", purl: "", paths: [] };
    const named = advisory({ id: "GHSA-1", aliases: ["CVE-2026-0009"], ranges: [{ fixed: "2.0-1" }] });
    const report = rematch(
      reportOf([openssl], distros[0]),
      new MemoryIndex({ advisories: [{ ...named, aliases: [] }] }),
    );
    const suppressed = {
      ...report,
      findings: report.findings.map((finding) => ({ ...finding, suppressed: { by: "vex" } })),
    };
    const fresh = advisory({ id: "CVE-2026-0002", ranges: [{ fixed: "2.0-1" }] });
    const { findings } = rematch(suppressed, new MemoryIndex({ advisories: [named, fresh] }));
    expect(findings).toMatchObject([
      { id: "CVE-2026-0002" },
      { id: "CVE-2026-0009", suppressed: { by: "vex" } },
    ]);
    expect(findings[0]).not.toHaveProperty("suppressed");
  });
});

describe("instances", () => {
  it("are judged as the packages of the images that have them", () => {
    assert(
      property(anyPackages, constantFrom(...distros), anyAdvisories, (packages, distro, advisories) => {
        const index = new MemoryIndex({ advisories });
        const report = scanned(reportOf(packages, distro), index);
        const { findings: found } = matchInstances(packageInstances(report), index);
        for (const [place, { id }] of packages.entries()) {
          const whole = report.findings.filter(({ packageId }) => packageId === id);
          expect(found[place]?.map((finding) => ({ ...finding, packageId: id }))).toEqual(whole);
        }
      }),
    );
  });

  it("are judged alike by two sets of advisories that say the same under all their names", () => {
    assert(
      property(
        anyPackages,
        constantFrom(...distros),
        anyAdvisories,
        anyAdvisories,
        (packages, distro, one, other) => {
          const [before, after] = [
            new MemoryIndex({ advisories: one }),
            new MemoryIndex({ advisories: other }),
          ];
          const said = (advisories: readonly Advisory[], key: string) =>
            JSON.stringify(advisories.filter((each) => keyOf(each) === key));
          const changed = [...one, ...other].filter(
            (each) => said(one, keyOf(each)) !== said(other, keyOf(each)),
          );
          const touched = new Set(changed.map((each) => foldName(each.package)));
          const instances = packageInstances(reportOf(packages, distro));
          const was = matchInstances(instances, before).findings;
          const is = matchInstances(instances, after).findings;
          for (const [place, { package: found, owner }] of instances.entries()) {
            const names = [...advisoryNames(found), ...(owner === undefined ? [] : advisoryNames(owner))];
            if (names.some((name) => touched.has(name))) continue;
            expect(isSameJudgement(was[place] ?? [], is[place] ?? [])).toBe(true);
          }
        },
      ),
    );
  });
});
