import { anything, assert, object, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { InventoryError, readSbom, type Sbom, sbomOfPurl } from "../index.ts";

function read(document: object | string): Sbom {
  return readSbom(Buffer.from(typeof document === "string" ? document : JSON.stringify(document)));
}

function bom(components: readonly object[], more: object = {}): object {
  return { bomFormat: "CycloneDX", specVersion: "1.6", components, ...more };
}

function library(purl: string, more: object = {}): object {
  return { type: "library", name: "x", purl, ...more };
}

const SPDX3_CONTEXT = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld";

function spdx3(elements: readonly object[]): object {
  const creation = { type: "CreationInfo", "@id": "_:creation", specVersion: "3.0.1" };
  return {
    "@context": SPDX3_CONTEXT,
    "@graph": [creation, ...elements],
  };
}

function spdx3Package(spdxId: string, name: string, more: object = {}): object {
  return { type: "software_Package", spdxId, creationInfo: "_:creation", name, ...more };
}

const bash = {
  id: "pkg:deb/debian/bash@5.2.15-2?arch=amd64&distro=debian-12",
  purl: "pkg:deb/debian/bash@5.2.15-2?arch=amd64&distro=debian-12",
  type: "deb",
  name: "bash",
  version: "5.2.15-2",
  architecture: "amd64",
  source: { name: "bash", version: "5.2.15-2" },
  paths: [],
};

/** The same two packages, as each format says it. */
const formats: readonly (readonly [string, object | string])[] = [
  [
    "CycloneDX 1.6 JSON",
    bom([
      { type: "operating-system", name: "debian", version: "12.5" },
      library(bash.purl, {
        "bom-ref": "one",
        properties: [
          { name: "aquasecurity:trivy:SrcName", value: "bash" },
          { name: "aquasecurity:trivy:SrcVersion", value: "5.2.15" },
          { name: "aquasecurity:trivy:SrcRelease", value: "2" },
        ],
      }),
      library("pkg:npm/%40types/node@1.0.0"),
    ]),
  ],
  [
    "CycloneDX 1.5 XML",
    `<?xml version="1.0"?><bom xmlns="http://cyclonedx.org/schema/bom/1.5"><components>
      <component type="operating-system"><name>debian</name><version>12.5</version></component>
      <component type="library" bom-ref="one"><name>bash</name>
        <purl>pkg:deb/debian/bash@5.2.15-2?arch=amd64&amp;distro=debian-12</purl>
        <properties><property name="aquasecurity:trivy:SrcName">bash</property>
          <property name="aquasecurity:trivy:SrcVersion">5.2.15-2</property></properties></component>
      <component type="library"><name>node</name><purl><![CDATA[pkg:npm/@types/node@1.0.0]]></purl></component>
    </components></bom>`,
  ],
  [
    "SPDX-2.3 JSON",
    {
      spdxVersion: "SPDX-2.3",
      SPDXID: "SPDXRef-DOCUMENT",
      packages: [
        {
          name: "debian",
          versionInfo: "12.5",
          SPDXID: "SPDXRef-1",
          primaryPackagePurpose: "OPERATING-SYSTEM",
        },
        {
          name: "bash",
          SPDXID: "one",
          sourceInfo: "built package from: bash 5.2.15-2",
          externalRefs: [
            { referenceType: "cpe23Type", referenceLocator: "cpe:2.3:a:gnu:bash:5.2:*:*:*:*:*:*:*" },
            { referenceType: "purl", referenceLocator: bash.purl },
          ],
        },
        {
          name: "node",
          externalRefs: [{ referenceType: "purl", referenceLocator: "pkg:npm/@types/node@1.0.0" }],
        },
      ],
    },
  ],
  [
    "SPDX-3.0.1 JSON",
    spdx3([
      spdx3Package("os", "debian", {
        software_packageVersion: "12.5",
        software_primaryPurpose: "operatingSystem",
      }),
      spdx3Package("one", "bash", {
        software_sourceInfo: "built package from: bash 5.2.15-2",
        software_packageUrl: bash.purl,
      }),
      spdx3Package("two", "node", {
        externalIdentifier: [
          {
            type: "ExternalIdentifier",
            externalIdentifierType: "cpe23",
            identifier: "cpe:2.3:a:b:c:1:*:*:*:*:*:*:*",
          },
          {
            type: "ExternalIdentifier",
            externalIdentifierType: "packageUrl",
            identifier: "pkg:npm/@types/node@1.0.0",
          },
        ],
      }),
      { type: "software_File", spdxId: "file", name: "pkg:npm/not-a-package@1" },
    ]),
  ],
  [
    "SPDX-2.3 tag-value",
    `SPDXVersion: SPDX-2.3
DocumentComment: <text>a text
PackageName: of several lines</text>
PackageName: debian
SPDXID: SPDXRef-OperatingSystem-1
PackageVersion: 12.5

PackageName: bash
SPDXID: one
PackageSourceInfo: built package from: bash 5.2.15-2
ExternalRef: PACKAGE-MANAGER purl ${bash.purl}

PackageName: node
ExternalRef: PACKAGE-MANAGER purl pkg:npm/@types/node@1.0.0
FileName: ./a
SPDXID: not-node
`,
  ],
];

describe.each(formats)("%s", (format, document) => {
  it("is recognised, and says the same as the others", () => {
    const sbom = read(document);
    expect(sbom.format).toBe(format);
    expect(sbom.inventory).toEqual({
      distro: { id: "debian", version: "12.5" },
      packages: [
        bash,
        {
          id: "pkg:npm/%40types/node@1.0.0",
          purl: "pkg:npm/%40types/node@1.0.0",
          type: "npm",
          name: "@types/node",
          version: "1.0.0",
          paths: [],
        },
      ],
      rootAccounts: [],
      failures: [],
    });
    expect(sbom.references.get("one")).toEqual([bash.id]);
  });
});

it.each([
  ["pkg:maven/org.apache/log4j@2.14", "maven", "org.apache:log4j", "2.14"],
  ["pkg:composer/symfony/http-kernel@5.0", "composer", "symfony/http-kernel", "5.0"],
  ["pkg:golang/github.com/gin-gonic/gin@v1.9.0", "golang", "github.com/gin-gonic/gin", "v1.9.0"],
  ["pkg:rpm/centos/openssl-libs@1.0.2k-16.el7?epoch=1", "rpm", "openssl-libs", "1:1.0.2k-16.el7"],
  ["pkg:rpm/centos/bash@4.2-1?epoch=x", "rpm", "bash", "4.2-1"],
  ["pkg:bitnami/postgresql@15.3.0", "generic", "postgresql", "15.3.0"],
  ["pkg:bitnami/postgresql@15.3.0-11?arch=amd64", "generic", "postgresql", "15.3.0"],
  ["pkg:pypi/Django@4.0", "pypi", "django", "4.0"],
])("takes %s for a package", (purl, type, name, version) => {
  expect(read(bom([library(purl)])).inventory.packages).toMatchObject([{ type, name, version }]);
});

it("takes the spelling of a Go module that stands beside a folded package URL", () => {
  const gin = library("pkg:golang/github.com/azure/sdk@v1.0.0", { name: "github.com/Azure/sdk" });
  expect(read(bom([gin])).inventory.packages[0]?.name).toBe("github.com/Azure/sdk");
});

it.each([
  ["upstream=openssl", "openssl", "3.0.11-1"],
  ["upstream=openssl%403.0.11-2", "openssl", "3.0.11-2"],
  ["upstream=openssl-1.1.1k-7.el8.src.rpm", "openssl", "1.1.1k-7.el8"],
])("reads the source package in %s", (qualifier, name, version) => {
  const { packages, failures } = sbomOfPurl(
    `pkg:deb/debian/libssl3@3.0.11-1?${qualifier}&distro=debian-12`,
  ).inventory;
  expect(packages[0]?.source).toEqual({ name, version });
  expect(failures).toEqual([]);
});

it.each([
  ["debian-12.5", { id: "debian", version: "12.5" }],
  ["bookworm", { id: "debian", version: "12", codename: "bookworm" }],
  ["debian-bookworm", { id: "debian", version: "12", codename: "bookworm" }],
  ["12", { id: "debian", version: "12" }],
  ["opensuse-leap-15.5", { id: "opensuse-leap", version: "15.5" }],
  ["redhat-8.4", { id: "rhel", version: "8.4" }],
  ["wolfi", { id: "wolfi", version: "" }],
])("reads the distribution in distro=%s", (qualifier, distro) => {
  expect(sbomOfPurl(`pkg:deb/debian/a@1?distro=${qualifier}`).inventory.distro).toEqual(distro);
});

it("names no distribution where the document names none", () => {
  expect(sbomOfPurl("pkg:deb/debian/a@1").inventory).not.toHaveProperty("distro");
});

it("says what a document does not tell, and guesses nothing", () => {
  const { packages, failures } = read(
    bom([
      library("pkg:deb/debian/libssl3@3.0.11-1?distro=debian-12"),
      library("pkg:cran/a@1"),
      library("pkg:npm/left-pad"),
      library("nonsense"),
      { type: "library", name: "vendored", version: "1" },
      { type: "file", name: "readme" },
      { type: "application", name: "package-lock.json" },
    ]),
  ).inventory;
  expect(packages.map(({ name }) => name)).toEqual(["libssl3"]);
  expect(failures.map(({ code, message }) => [code, message])).toEqual([
    ["COMPONENT_UNIDENTIFIED", '1 component of the type "cran", which is not judged: "x"'],
    ["COMPONENT_UNIDENTIFIED", '1 component without a version: "x"'],
    ["COMPONENT_UNIDENTIFIED", '1 component with a malformed package URL: "x"'],
    ["COMPONENT_UNIDENTIFIED", '1 component without a package URL: "vendored"'],
    [
      "SOURCE_PACKAGE_UNKNOWN",
      "the document tells no source package: 1 deb packages were judged by their own names",
    ],
  ]);
});

it("leaves out packages of another release than the document's, and says so", () => {
  const { distro, packages, failures } = read(
    bom([
      library("pkg:apk/alpine/a@1?distro=alpine-3.20.1"),
      library("pkg:apk/alpine/b@1?distro=alpine-3.20.1&upstream=b"),
      library("pkg:apk/alpine/c@1?distro=alpine-3.2"),
    ]),
  ).inventory;
  expect(distro).toEqual({ id: "alpine", version: "3.20.1" });
  expect(packages.map(({ name }) => name)).toEqual(["a", "b"]);
  expect(failures).toEqual([
    {
      code: "DISTRO_UNSUPPORTED",
      message: '1 packages are of "alpine 3.2", others of "alpine 3.20.1": they were left out',
    },
  ]);
});

it("joins what is listed twice, and keeps where it was", () => {
  const at = (value: string): object => ({ properties: [{ name: "aquasecurity:trivy:FilePath", value }] });
  const purl = "pkg:npm/a@1";
  const { packages } = read(
    bom([library(purl, at("/x/a")), library(purl, { components: [library(purl, at("y"))] })]),
  ).inventory;
  expect(packages).toMatchObject([{ id: purl, paths: ["x/a", "y"] }]);
});

it("knows what the document is about, which may be a package itself", () => {
  const component = {
    type: "application",
    "bom-ref": "me",
    name: "shop",
    version: "2",
    purl: "pkg:npm/shop@2",
  };
  const sbom = read(bom([library("pkg:npm/a@1")], { serialNumber: "urn:uuid:1-2", metadata: { component } }));
  expect(sbom).toMatchObject({
    serialNumber: "1-2",
    subject: { purl: "pkg:npm/shop@2", version: "2", reference: "me" },
  });
  expect(sbom.inventory.packages.map(({ name }) => name)).toEqual(["a", "shop"]);
});

it("takes an image that a document is about for no package", () => {
  const metadata = { component: { type: "container", name: "shop", purl: "pkg:oci/shop@sha256:1" } };
  expect(read(bom([library("pkg:npm/a@1")], { metadata })).inventory).toMatchObject({
    packages: [{ name: "a" }],
    failures: [],
  });
});

it.each([
  ["the document's root", { type: "SpdxDocument", spdxId: "doc", rootElement: ["shop"] }],
  ["the root of its bill of materials", { type: "software_Sbom", spdxId: "bom", rootElement: ["shop"] }],
])("takes %s in SPDX 3 for what it is about", (_, collection) => {
  const shop = spdx3Package("shop", "shop", { software_packageUrl: "pkg:oci/shop@sha256:1" });
  const npm = spdx3Package("a", "a", { software_packageUrl: "pkg:npm/a@1" });
  const sbom = read(spdx3([collection, shop, npm]));
  expect(sbom.subject).toMatchObject({ purl: "pkg:oci/shop@sha256:1" });
  expect(sbom.inventory).toMatchObject({ packages: [{ name: "a" }], failures: [] });
});

it("takes what SPDX 3 describes by a relationship for what it is about, and nothing where it describes two", () => {
  const elements = ["one", "two"].map((name) =>
    spdx3Package(name, name, { software_packageUrl: `pkg:npm/${name}@1` }),
  );
  const describing = (to: readonly string[]): object =>
    spdx3([
      { type: "SpdxDocument", spdxId: "doc" },
      { type: "Relationship", spdxId: "r", relationshipType: "describes", from: "doc", to },
      ...elements,
    ]);
  expect(read(describing(["one"])).subject).toMatchObject({ purl: "pkg:npm/one@1" });
  expect(read(describing(["one", "two"])).subject).toBeUndefined();
});

it("reads the predicate of a statement in an envelope", () => {
  const statement = {
    predicateType: "https://cyclonedx.org/bom",
    predicate: { Data: bom([library("pkg:npm/a@1")]) },
  };
  const payload = Buffer.from(JSON.stringify(statement)).toString("base64");
  expect(read({ payloadType: "application/vnd.in-toto+json", payload }).inventory.packages).toHaveLength(1);
});

it("reads what GitHub's API answers", () => {
  const purl = {
    referenceCategory: "PACKAGE-MANAGER",
    referenceType: "purl",
    referenceLocator: "pkg:npm/a@1",
  };
  const sbom = {
    SPDXID: "SPDXRef-DOCUMENT",
    spdxVersion: "SPDX-2.3",
    packages: [{ SPDXID: "SPDXRef-a", name: "a", versionInfo: "1", externalRefs: [purl] }],
  };
  expect(read({ sbom }).inventory.packages.map(({ name }) => name)).toEqual(["a"]);
});

it.each([
  ["pkg:alpm/arch/pacman@6.0.1-1?arch=x86_64", { id: "arch", version: "" }],
  ["pkg:apk/wolfi/curl@8.5.0-r0", { id: "wolfi", version: "" }],
  ["pkg:apk/chainguard/curl@8.5.0-r0", { id: "chainguard", version: "" }],
  ["pkg:apk/alpine/curl@8.5.0-r0", undefined],
  ["pkg:npm/wolfi/curl@8.5.0", undefined],
])("takes the namespace of %s for a distribution only where that has no releases", (purl, distro) => {
  expect(read(bom([library(purl)])).inventory.distro).toEqual(distro);
});

it("reads components that are nested without end", () => {
  let nested: object = library("pkg:npm/deep@1");
  for (let depth = 0; depth < 2000; depth += 1)
    nested = { type: "library", name: "x", version: "1", components: [nested] };
  expect(read(bom([nested])).inventory.packages.map(({ name }) => name)).toEqual(["deep"]);
});

it.each([
  ["nothing", "", "SBOM_UNKNOWN"],
  ["a text", "hello", "SBOM_UNKNOWN"],
  ["another JSON", "{}", "SBOM_UNKNOWN"],
  ["another XML", "<project/>", "SBOM_UNKNOWN"],
  ["JSON-LD about something else", `{"@context":"https://schema.org","@graph":[]}`, "SBOM_UNKNOWN"],
  ["JSON that breaks off", `{"bomFormat":"CycloneDX"`, "SBOM_MALFORMED"],
  ["XML that breaks off", "<bom><components>", "SBOM_MALFORMED"],
])("refuses %s by name", (_, text, code) => {
  expect(() => read(text)).toThrow(expect.objectContaining({ name: "InventoryError", code }));
});

it("throws nothing but its error, whatever a document holds", () => {
  assert(
    property(object(), anything(), (members, components) => {
      for (const marker of [
        { bomFormat: "CycloneDX" },
        { spdxVersion: "SPDX-2.3" },
        { "@context": SPDX3_CONTEXT },
        { payload: "e30=" },
      ]) {
        const text = JSON.stringify(
          { components, packages: components, "@graph": components, ...members, ...marker },
          (_, value) => (typeof value === "bigint" ? String(value) : value),
        );
        expect(thrownBy(() => read(text))).toBeOneOf([undefined, expect.any(InventoryError)]);
      }
    }),
  );
});

function thrownBy(work: () => unknown): unknown {
  try {
    work();
    return undefined;
  } catch (thrown) {
    return thrown;
  }
}
