import { fileTreeOf } from "@pratique/testkit";
import { describe, expect, it } from "vitest";
import { catalog } from "../../catalog.ts";

interface Listed {
  readonly purl: string;
  readonly name?: string;
}

function cycloneDx(...packages: readonly Listed[]): string {
  const components = packages.map(({ purl, name = "x" }) => ({ type: "library", name, purl }));
  return JSON.stringify({ bomFormat: "CycloneDX", specVersion: "1.6", components });
}

/** As melange writes it: the package, and the sources it was built from. */
function spdx(purl: string): string {
  const refs = (locator: string) => [
    { referenceCategory: "PACKAGE-MANAGER", referenceType: "purl", referenceLocator: locator },
  ];
  return JSON.stringify({
    spdxVersion: "SPDX-2.3",
    SPDXID: "SPDXRef-DOCUMENT",
    documentDescribes: ["SPDXRef-Package-a"],
    packages: [
      { SPDXID: "SPDXRef-Package-a", name: "a", externalRefs: refs(purl) },
      {
        SPDXID: "SPDXRef-Package-b",
        name: "b",
        externalRefs: refs("pkg:generic/a@1.0?checksum=sha256%3Aabc"),
      },
      { SPDXID: "SPDXRef-Package-c", name: "c", externalRefs: refs("pkg:github/acme/a@v1.0") },
    ],
  });
}

const wolfi = { "etc/os-release": "ID=wolfi\nVERSION_ID=20230201\n" };
const apk = (name: string, version: string) => ({
  "usr/lib/apk/db/installed": `P:${name}\nV:${version}\nA:x86_64\n\n`,
});

async function found(files: Parameters<typeof fileTreeOf>[0]) {
  const { packages, failures } = await catalog(fileTreeOf(files));
  return {
    packages: packages.map(
      ({ type, name, version, paths }) => `${type} ${name} ${version} (${paths.join(", ")})`,
    ),
    failures: failures.map(({ code, path }) => `${code} ${path}`),
  };
}

const SBOM = "srv/shop/shop.cdx.json";

describe("bills of materials in an image", () => {
  it("tell what no package manager knows", async () => {
    const files = {
      ...wolfi,
      ...apk("bash", "5.2-r1"),
      [SBOM]: cycloneDx({ purl: "pkg:npm/%40acme/lodash@4.17.20" }),
    };
    expect(await found(files)).toEqual({
      packages: ["apk bash 5.2-r1 (usr/lib/apk/db/installed)", `npm @acme/lodash 4.17.20 (${SBOM})`],
      failures: [],
    });
  });

  it("are known by what is in them where others use the same names, also in SPDX 3", async () => {
    const npm = { type: "software_Package", spdxId: "a", name: "a", software_packageUrl: "pkg:npm/a@1" };
    const document = { "@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": [npm] };
    expect(await found({ "srv/shop.spdx": JSON.stringify(document) })).toEqual({
      packages: ["npm a 1 (srv/shop.spdx)"],
      failures: [],
    });
  });

  it("give way to the package database, which knows what was updated and removed", async () => {
    const files = {
      ...wolfi,
      ...apk("bash", "5.2-r1"),
      "var/lib/db/sbom/bash-5.1-r0.spdx.json": spdx("pkg:apk/wolfi/bash@5.1-r0?arch=x86_64"),
      "var/lib/db/sbom/gone-1-r0.spdx.json": spdx("pkg:apk/wolfi/gone@1-r0?arch=x86_64"),
    };
    expect(await found(files)).toEqual({
      packages: ["apk bash 5.2-r1 (usr/lib/apk/db/installed)"],
      failures: [],
    });
  });

  it("stand for a database that is not there, without the sources that they list", async () => {
    const path = "var/lib/db/sbom/bash-5.2-r1.spdx.json";
    const { packages, failures } = await found({
      ...wolfi,
      [path]: spdx("pkg:apk/wolfi/bash@5.2-r1?arch=x86_64"),
    });
    expect(packages).toEqual([`apk bash 5.2-r1 (${path})`]);
    expect(failures).toEqual(["PACKAGE_DATABASE_UNREADABLE undefined"]);
  });

  it("give way to what is installed for a language, by its name", async () => {
    const files = {
      "srv/node_modules/lodash/package.json": '{"name":"lodash","version":"4.17.21"}',
      [SBOM]: cycloneDx({ purl: "pkg:npm/lodash@4.17.20" }),
    };
    const { packages } = await found(files);
    expect(packages).toEqual(["npm lodash 4.17.21 (srv/node_modules/lodash/package.json)"]);
  });

  it("count a package that several of them list once", async () => {
    const one = cycloneDx({ purl: "pkg:npm/lodash@4.17.20" });
    const { packages } = await found({ "a.cdx.json": one, "b.cdx.json": one });
    expect(packages).toEqual(["npm lodash 4.17.20 (a.cdx.json)"]);
  });

  it("own no files, whatever they say", async () => {
    const bom = {
      bomFormat: "CycloneDX",
      components: [
        {
          name: "a",
          purl: "pkg:npm/a@1",
          properties: [
            { name: "pratique:type", value: "npm" },
            { name: "pratique:owned-by", value: "pkg:deb/debian/b@1" },
          ],
        },
        { name: "b", purl: "pkg:deb/debian/b@1" },
      ],
    };
    const { packages } = await catalog(fileTreeOf({ [SBOM]: JSON.stringify(bom) }));
    expect(packages.map(({ ownedBy }) => ownedBy)).toEqual([undefined, undefined]);
  });

  it.each([
    ["is no document", "hello"],
    ["is another document", "{}"],
  ])("are recorded where one %s", async (_, text) => {
    expect((await found({ [SBOM]: text })).failures).toEqual([`FILE_UNREADABLE ${SBOM}`]);
  });

  it.each([
    ["srv/app.cdx.json", "CycloneDX"],
    ["usr/share/sbom/app.spdx.json", "SPDX"],
    ["usr/lib/python3/site-packages/app-1.dist-info/sboms/app.cdx.json", "CycloneDX"],
    ["app.spdx", "SPDX"],
    ["app.cdx", "CycloneDX"],
    ["usr/share/app/app.sbom", "SPDX"],
    ["usr/share/app/app.sbom.json", "CycloneDX"],
    ["opt/app/target.bom.json", "CycloneDX"],
  ])("are read where tools put them: %s, in %s", async (path, format) => {
    const purl = "pkg:npm/lodash@4.17.20";
    const text =
      format === "SPDX"
        ? spdx(purl)
        : JSON.stringify({ bomFormat: format, components: [{ name: "x", purl }] });
    expect(await found({ [path]: text })).toEqual({
      packages: [`npm lodash 4.17.20 (${path})`],
      failures: [],
    });
  });

  it.each([
    ["what lies deeper in the distribution's directory", "var/lib/db/sbom/deep/bash.spdx.json"],
    ["what Bitnami says of its components", "opt/bitnami/redis/.spdx-redis.spdx"],
    ["a document under another name", "srv/bash.spdx.json.bak"],
  ])("are not %s", async (_, path) => {
    expect(await found({ [path]: spdx("pkg:npm/lodash@4.17.20") })).toEqual({ packages: [], failures: [] });
  });

  it.each(["srv/molecule.cdx", "srv/list.spdx", "srv/receipt.bom", "srv/prices.bom.json"])(
    "are not what only ends like one: %s",
    async (path) => {
      expect(await found({ [path]: "VjCD0100" })).toEqual({ packages: [], failures: [] });
    },
  );
});
