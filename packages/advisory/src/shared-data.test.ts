import { existsSync } from "node:fs";
import path from "node:path";
import { type Advisory, ecosystem } from "@pratique/core";
import { tempDirectory } from "@pratique/testkit";
import { beforeAll, describe, expect, it } from "vitest";
import { type AdvisoryDatabase, type BuildResult, buildDatabase, openDatabase } from "./index.ts";
import { expandStarter } from "./starter/expand.ts";
import { starterVulnerabilities } from "./starter/vulnerabilities.ts";

const DATA = path.resolve(import.meta.dirname, "../../../../shared/data");

const FROM = [
  ["alpine-secdb", "alpine-secdb-2020"],
  ["debian-dsa-dla", "debian-dsa-dla"],
  ["kev", "cisa-kev"],
  ["nvd", "nvd-overrides"],
  ["osv", "almalinux-osv"],
  ["osv", "bitnami-vulndb"],
  ["osv", "ghsa-maven-sample"],
  ["osv", "golang-vulndb"],
  ["osv", "pypa-advisory-database"],
  ["php-security-advisories", "php-security-advisories"],
  ["ruby-advisory-db", "ruby-advisory-db"],
  ["rustsec", "rustsec"],
] as const;

// The title says why, as what is not proven should not look as if it were.
describe.skipIf(!existsSync(DATA))("the real feeds (skipped where ../shared/data is not there)", () => {
  let result: BuildResult;
  let database: AdvisoryDatabase;
  const directory = tempDirectory();

  beforeAll(async () => {
    result = await buildDatabase({
      directory: directory.path,
      from: FROM.map(([provider, folder]) => ({ provider, location: path.join(DATA, folder) })),
      clock: () => new Date("2026-01-01T00:00:00Z"),
    });
    database = openDatabase(directory.path, { clock: () => new Date("2026-01-02T00:00:00Z") });
    return () => {
      database[Symbol.dispose]();
      directory[Symbol.dispose]();
    };
  }, 60_000);

  it.each([
    ["alpine-secdb-2020", 1652],
    ["debian-dsa-dla", 11_375],
    ["cisa-kev", 1404],
    ["almalinux-osv", 5680],
    ["nvd-overrides", 32_184],
    ["bitnami-vulndb", 7444],
    ["ghsa-maven-sample", 364],
    ["golang-vulndb", 4291],
    ["pypa-advisory-database", 2661],
    ["php-security-advisories", 1592],
    ["ruby-advisory-db", 1381],
    ["rustsec", 1205],
  ])("%s: every entry is read, and none is malformed", (folder, entries) => {
    const source = result.sources.find(({ location }) => location.endsWith(folder));
    expect(source).toMatchObject({ entries, malformed: 0 });
  });

  it.each([
    [
      "Debian:12",
      "curl",
      "CVE-2023-38545",
      { ranges: [{ fixed: "7.88.1-10+deb12u4" }], document: "DSA-5523-1" },
    ],
    ["Debian:13", "expat", "CVE-2026-72522", { ranges: [{ fixed: "2.8.3-1~deb13u1" }] }],
    ["Alpine:v3.10", "xen", "CVE-2018-12127", { aliases: ["XSA-297"] }],
    ["Alpine:v3.8", "openjdk7", "CVE-2019-2426", {}],
    ["PyPI", "Jinja2", "CVE-2014-1402", { ranges: [{ fixed: "2.7.2" }] }],
    ["RubyGems", "json", "CVE-2020-10663", { ranges: [{ fixed: "2.3.0" }], severity: "high" }],
    [
      "crates.io",
      "tokio-rustls",
      "CVE-2020-35875",
      {
        document: "RUSTSEC-2020-0019",
        severity: "high",
        ranges: [
          { introduced: "0.12", fixed: "0.12.3" },
          { introduced: "0.13.0", fixed: "0.13.1" },
        ],
      },
    ],
    ["Packagist", "typo3/cms-core", "CVE-2022-23501", { document: "typo3/cms-core/CVE-2022-23501" }],
    ["Go", "github.com/gin-gonic/gin", "CVE-2020-36567", { ranges: [{ fixed: "1.6.0" }] }],
    ["Maven", "org.jline:jline-parent", "CVE-2023-50572", { severity: "medium" }],
    ["AlmaLinux:8", "kernel", "CVE-2026-46300", { document: "ALSA-2026:A008", severity: "high" }],
    [
      "AlmaLinux:8",
      "nodejs",
      "CVE-2021-3918",
      { document: "ALSA-2022:0350", module: "nodejs:14", severity: "medium", aliases: [] },
    ],
    ["Bitnami", "redis", "CVE-2026-25589", { severity: "high" }],
    ["NVD", "nginx", "CVE-2026-1642", { ranges: [{ introduced: "1.3.0", fixed: "1.29.5" }] }],
  ])("%s %s has %s", (of, name, id, expected) => {
    const found = database.lookUp(ecosystem(of), name);
    expect(found).toContainEqual(expect.objectContaining({ id, ...expected }));
  });

  it("marks what is known to be exploited", () => {
    expect(database.enrichment("CVE-2021-44228").knownExploited).toBe(true);
    expect(database.enrichment("CVE-2014-1402").knownExploited).toBe(false);
  });

  it("holds nothing that says “not affected” by mistake", () => {
    const withoutVersions = (advisory: Advisory): boolean =>
      advisory.ranges.length === 0 && advisory.versions === undefined;
    expect(database.lookUp(ecosystem("PyPI"), "tensorflow").filter(withoutVersions)).toEqual([]);
  });

  it("agrees with the starter set wherever Debian's own lists speak of the same", () => {
    const rows = expandStarter(starterVulnerabilities).filter((row) => row.ecosystem.startsWith("Debian:"));
    let compared = 0;
    for (const row of rows) {
      const listed = database.lookUp(row.ecosystem, row.package).filter(({ id }) => id === row.id);
      if (listed.length === 0) continue;
      compared += 1;
      expect(
        listed.flatMap(({ ranges }) => ranges),
        `${row.id} ${row.ecosystem}`,
      ).toContainEqual(row.ranges[0]);
    }
    expect(compared).toBeGreaterThan(100);
  });

  it("agrees with the starter set wherever PyPA's advisories speak of the same", () => {
    const rows = expandStarter(starterVulnerabilities).filter((row) => row.ecosystem === "PyPI");
    const key = (range: unknown): string => JSON.stringify(range);
    for (const row of rows) {
      const [listed] = database.lookUp(row.ecosystem, row.package).filter(({ id }) => id === row.id);
      expect(listed?.ranges.map(key).sort()).toEqual(row.ranges.map(key).sort());
    }
  });

  it("agrees with the starter set on what is known to be exploited", () => {
    // Entries that came after the catalog at hand are in the starter set only.
    const later = ["CVE-2025-32463", "CVE-2025-55182"];
    for (const { id, knownExploited } of starterVulnerabilities.filter(({ id }) => !later.includes(id))) {
      expect([id, knownExploited === true]).toEqual([id, database.enrichment(id).knownExploited]);
    }
  });
});
