import type { AdvisoryIndex, Distro, PackageFacts, ScanReport } from "@pratique/core";
import { purlOf } from "@pratique/core";
import { catalog, readSbom } from "@pratique/inventory";
import { judgeLicenses } from "@pratique/licenses";
import { match } from "@pratique/matching";
import { billsOfMaterials } from "@pratique/report";
import { scanSbom } from "@pratique/scan";
import { fileTreeOf, zipOf } from "@pratique/testkit";
import { describe, expect, it } from "vitest";

/** Calls every version of every package affected, and says as what it was asked. */
const everything: AdvisoryIndex = {
  revision: "all",
  sources: [],
  coverage: () => "full",
  lookUp: (ecosystem, name) => [
    {
      id: `CVE-2024-${1000 + (name.length % 50)}`,
      aliases: [],
      document: `${ecosystem} ${name}`,
      source: "osv",
      ecosystem,
      package: name,
      ranges: [{ introduced: "0" }],
      status: "affected",
      severity: "high",
    },
  ],
  details: () => undefined,
  enrichment: () => ({ knownExploited: false }),
};

function stanza(name: string, version: string, source = ""): string {
  return `Package: ${name}\nStatus: install ok installed\nMaintainer: Debian <team@debian.org>\nArchitecture: amd64\nVersion: ${version}\n${source === "" ? "" : `Source: ${source}\n`}Description: x\n\n`;
}

const manifest = JSON.stringify({ name: "@acme/tool", version: "1.0.0" });
const debian = fileTreeOf({
  "etc/os-release":
    'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\nPRETTY_NAME="Debian GNU/Linux 12"\n',
  "etc/debian_version": "12.13\n",
  "var/lib/dpkg/status":
    stanza("libssl3", "3.0.11-1~deb12u1", "openssl") +
    stanza("python3-requests", "2.28.1+dfsg-1", "requests (2.28.1+dfsg-1)") +
    stanza("zlib1g", "1:1.2.13.dfsg-1", "zlib"),
  "var/lib/dpkg/info/python3-requests.list":
    "/usr/lib/python3/dist-packages/requests-2.28.1.dist-info/METADATA\n",
  "usr/lib/python3/dist-packages/requests-2.28.1.dist-info/METADATA":
    "Metadata-Version: 2.1\nName: requests\nVersion: 2.28.1\n",
  "srv/a/node_modules/@acme/tool/package.json": manifest,
  "srv/b/node_modules/@acme/tool/package.json": manifest,
  "srv/nameless-1.2.jar": zipOf([{ name: "a/B.class", content: "" }]),
});
const images = {
  "a Debian with packages that it brought, others, and two copies of one": debian,
  "an Alpine whose packages are of another branch": fileTreeOf({
    "etc/os-release": "ID=alpine\nVERSION_ID=3.20.3\n",
    "etc/apk/repositories": "https://dl-cdn.alpinelinux.org/alpine/edge/main\n",
    "lib/apk/db/installed": "P:libssl3\nV:3.3.1-r0\nA:x86_64\no:openssl\n",
  }),
} as const;

function reportOf(packages: ScanReport["packages"], distro: Distro | undefined): ScanReport {
  const target = { reference: "dir:/srv/root", ...(distro !== undefined && { distro }) };
  const { findings } = match({ distro, packages }, everything);
  return {
    schemaVersion: 1,
    scannedAt: "2026-11-26T10:00:00.000Z",
    target,
    assessment: { state: "complete", reasons: [], advisories: [] },
    rootAccounts: [],
    packages,
    findings,
  };
}

function readBack(report: ScanReport, format: (typeof billsOfMaterials)[number]): ScanReport {
  const look = { width: 100, color: false };
  const text = [...format.render(report, { version: "1.2.3", look, inventoryOnly: true })].join("");
  const licenses = report.licenses === undefined ? undefined : {};
  return scanSbom("sbom:x", readSbom(Buffer.from(text)), {
    advisories: everything,
    now: () => new Date(0),
    licenses,
  });
}

it("is held against images in which packages own others, and share a package URL", async () => {
  const { packages } = await catalog(debian);
  expect(packages.filter(({ ownedBy }) => ownedBy !== undefined)).toHaveLength(1);
  expect(packages.filter(({ id, purl }) => id !== purl)).toHaveLength(2);
});

describe.each(billsOfMaterials.map((format) => [format.name, format] as const))("%s", (_, format) => {
  it.each(Object.entries(images))(
    "of %s gives the same packages and findings as the image",
    async (_name, tree) => {
      const { distro, packages } = await catalog(tree);
      const report = reportOf(packages, distro);
      const read = readBack(report, format);
      expect(report.packages.length).toBeGreaterThan(0);
      expect(read.target.distro).toEqual(distro);
      expect(read.packages).toEqual(report.packages);
      expect(read.findings).toEqual(report.findings);
      expect(read.assessment.reasons.filter(({ code }) => code !== "PACKAGE_UNIDENTIFIED")).toEqual([]);
    },
  );

  it.each([
    [["MIT"]],
    [["MIT OR Zlib", "ISC", "Apache-2.0+"]],
    [["Own words", "LicenseRef-Ours"]],
    [["Own words", "MIT OR Zlib", "GPL-2.0-only WITH Classpath-exception-2.0"]],
  ])("keeps the licenses %j, one by one", (licenses) => {
    const purl = "pkg:npm/a@1";
    const member = { id: purl, purl, type: "npm", name: "a", version: "1", licenses, paths: [] } as const;
    const silent = { ...member, id: "pkg:npm/b@1", purl: "pkg:npm/b@1", name: "b", licenses: undefined };
    const { licenses: _licenses, ...untold } = silent;
    const report = { ...reportOf([], undefined), ...judgeLicenses([member, untold]) };
    const read = readBack(report, format);
    expect([read.packages, read.licenses]).toEqual([report.packages, report.licenses]);
    expect(read.licenses).toHaveLength(licenses.length + 1);
  });

  it("keeps the stream and the vendor of an RPM, an epoch, and that nothing in it runs", () => {
    const distro = { id: "rhel", version: "8.6", contentSets: ["rhel-8-for-x86_64-baseos-eus-rpms", "x"] };
    const facts: PackageFacts = {
      type: "rpm",
      name: "nodejs",
      version: "1:18.2.0-1.module+el8.6.0+1",
      architecture: "x86_64",
      source: { name: "nodejs", version: "18.2.0-1.module+el8.6.0+1" },
      module: "nodejs:18",
      vendor: "Red Hat, Inc.",
      repository: "rhel-8-for-x86_64-appstream-eus-rpms",
      isInert: true,
      paths: ["var/lib/rpm/rpmdb.sqlite"],
    };
    const purl = purlOf(facts, distro);
    const report = reportOf([{ id: purl, purl, ...facts }], distro);
    const read = readBack(report, format);
    expect([read.packages, read.target.distro]).toEqual([report.packages, distro]);
  });
});

it("believes a document only those owners that are packages of a distribution", () => {
  const of = (ownedBy: string) => {
    const component = (purl: string, properties: object[]) => ({
      type: "library",
      name: "x",
      purl,
      "bom-ref": purl,
      properties,
    });
    const bom = {
      bomFormat: "CycloneDX",
      specVersion: "1.6",
      components: [
        component("pkg:npm/a@1", [
          { name: "pratique:type", value: "npm" },
          { name: "pratique:owned-by", value: ownedBy },
          { name: "pratique:id", value: "pkg:npm/another@1#x" },
        ]),
        component("pkg:npm/b@1", []),
      ],
    };
    return readSbom(Buffer.from(JSON.stringify(bom))).inventory.packages;
  };
  for (const owner of ["pkg:npm/b@1", "pkg:deb/debian/gone@1"]) {
    expect(of(owner).map(({ id, ownedBy }) => [id, ownedBy])).toEqual([
      ["pkg:npm/a@1", undefined],
      ["pkg:npm/b@1", undefined],
    ]);
  }
});
