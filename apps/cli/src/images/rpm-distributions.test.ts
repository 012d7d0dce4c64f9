import { execFileSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type AdvisoryDatabase, buildDatabase, openDatabase } from "@pratique/advisory";
import type { Package } from "@pratique/core";
import { catalog } from "@pratique/inventory";
import { match } from "@pratique/matching";
import { fileTreeOf, tempDirectory } from "@pratique/testkit";
import { beforeAll, describe, expect, it } from "vitest";

/** Real databases of packages, and AlmaLinux's own errata; absent in most checkouts. */
const DATA = path.resolve(import.meta.dirname, "../../../../../shared/data");
const DATABASES = path.join(DATA, "rpm-apk-dpkg-db/rpm-apk-dpkg-db.tar.gz");
const ERRATA = path.join(DATA, "almalinux-osv");
const present = existsSync(DATABASES) && existsSync(ERRATA);

const clock = () => new Date("2026-11-01T00:00:00Z");
/** In the database: `libuuid-2.32.1-42.el8_8.x86_64`. */
const LIBUUID = "go-rpmdb/pkg/testdata/libuuid/Packages";

describe.skipIf(!present)(`RPM distributions${present ? "" : ` (SKIPPED: no ${DATA})`}`, () => {
  const directory = tempDirectory();
  let libuuid: Buffer;
  let almalinux: AdvisoryDatabase;

  beforeAll(async () => {
    libuuid = execFileSync("tar", ["-xzOf", DATABASES, LIBUUID]);
    almalinux = await databaseOf("almalinux", ERRATA);
    return () => {
      almalinux[Symbol.dispose]();
      directory[Symbol.dispose]();
    };
  }, 120_000);

  async function databaseOf(name: string, location: string): Promise<AdvisoryDatabase> {
    const target = directory.at(name);
    await buildDatabase({ directory: target, from: [{ provider: "osv", location }], clock });
    return openDatabase(target, { clock });
  }

  /** A database of one erratum, as Rocky Linux publishes it. */
  async function erratumOf(fixed: string): Promise<AdvisoryDatabase> {
    const file = directory.at(`${fixed}.json`);
    const affected = {
      package: { ecosystem: "Rocky Linux:8", name: "libuuid" },
      ranges: [{ type: "ECOSYSTEM", events: [{ introduced: "0" }, { fixed }] }],
    };
    const summary = "Moderate: util-linux security update";
    const record = { id: "RLSA-2026:0001", summary, upstream: ["CVE-2026-0001"], affected: [affected] };
    writeFileSync(file, JSON.stringify(record));
    return databaseOf(fixed, file);
  }

  async function inventoryOf(id: string) {
    return catalog(
      fileTreeOf({
        "etc/os-release": `ID="${id}"\nID_LIKE="rhel centos fedora"\nVERSION_ID="8.10"\n`,
        "var/lib/rpm/Packages": libuuid,
      }),
    );
  }

  it("finds in a real database what AlmaLinux has fixed since", async () => {
    const inventory = await inventoryOf("almalinux");
    expect(inventory.failures).toEqual([]);
    const { findings, reasons } = match(inventory, almalinux);
    expect(reasons).toEqual([]);
    expect(findings).toMatchObject([
      {
        id: "CVE-2025-14104",
        packageId: "pkg:rpm/almalinux/libuuid@2.32.1-42.el8_8?arch=x86_64&distro=almalinux-8.10",
        status: "fixed",
        fixedVersion: "2.32.1-48.el8_10",
        source: "osv",
        advisory: "ALSA-2026:1852",
        // Red Hat built this one, not AlmaLinux.
        confidence: "low",
      },
    ]);
  });

  it.each([
    ["one release above", "2.32.1-43.el8_8", ["CVE-2026-0001"]],
    ["at", "2.32.1-42.el8_8", []],
    ["an epoch of zero above, at", "0:2.32.1-42.el8_8", []],
    ["one release below", "2.32.1-41.el8_8", []],
  ])(
    "holds a package of a real database against a fix of Rocky Linux %s its own version",
    async (_, fixed, ids) => {
      using rocky = await erratumOf(fixed);
      const { findings, reasons } = match(await inventoryOf("rocky"), rocky);
      expect([findings.map(({ id }) => id), reasons]).toEqual([ids, []]);
    },
  );

  it.each<[string, Partial<Package>, readonly string[]]>([
    [
      "below the fix of its stream",
      { version: "1:14.18.2-1.module_el8.5.0+2600+11111111", module: "nodejs:14" },
      ["ALSA-2022:0350"],
    ],
    [
      "at the fix of its stream",
      { version: "1:14.18.2-2.module_el8.5.0+2618+8d46dafd", module: "nodejs:14" },
      [],
    ],
    [
      "at the fix of its stream, in the build of another architecture",
      { version: "1:14.18.2-2.module_el8.5.0+254+b4526b16", module: "nodejs:14" },
      [],
    ],
    [
      "below the fixes of other streams",
      { version: "1:10.1.0-1.module_el8.5.0+1+1", module: "nodejs:1000" },
      [],
    ],
    ["outside modules", { version: "1:10.1.0-1.el8" }, []],
  ])("judges nodejs %s by the errata on modules of AlmaLinux", (_, parts, documents) => {
    const nodejs: Package = {
      id: "nodejs",
      purl: "pkg:rpm/almalinux/nodejs@1",
      type: "rpm",
      name: "nodejs",
      version: "",
      architecture: "x86_64",
      vendor: "AlmaLinux",
      paths: [],
      ...parts,
    };
    const { findings } = match(
      { distro: { id: "almalinux", version: "8.10" }, packages: [nodejs] },
      almalinux,
    );
    const found = findings.filter(({ id }) => id === "CVE-2021-3918").map(({ advisory }) => advisory);
    expect(found).toEqual(documents);
  });
});
