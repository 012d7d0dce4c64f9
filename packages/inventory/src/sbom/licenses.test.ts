import { expect, it } from "vitest";
import { readSbom } from "../index.ts";

const purl = "pkg:npm/a@1";

function licensesIn(document: object | string): readonly (readonly string[] | undefined)[] {
  const text = typeof document === "string" ? document : JSON.stringify(document);
  return readSbom(Buffer.from(text)).inventory.packages.map(({ licenses }) => licenses);
}

function cyclonedx(licenses: readonly object[]): object {
  const components = [{ type: "library", name: "a", version: "1", purl, licenses }];
  return { bomFormat: "CycloneDX", specVersion: "1.6", components };
}

function cyclonedxXml(licenses: string): string {
  return `<bom xmlns="http://cyclonedx.org/schema/bom/1.6"><components><component type="library"><name>a</name>
<version>1</version><licenses>${licenses}</licenses><purl>${purl}</purl></component></components></bom>`;
}

function spdx(members: object): object {
  const externalRefs = [
    { referenceCategory: "PACKAGE-MANAGER", referenceType: "purl", referenceLocator: purl },
  ];
  return {
    spdxVersion: "SPDX-2.3",
    packages: [{ SPDXID: "SPDXRef-a", name: "a", externalRefs, ...members }],
  };
}

function spdx3(relationships: readonly (readonly [string, string])[]): object {
  const expression = {
    type: "simplelicensing_LicenseExpression",
    spdxId: "ours",
    simplelicensing_licenseExpression: "MIT OR ISC",
  };
  return {
    "@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld",
    "@graph": [
      { type: "software_Package", spdxId: "a", name: "a", software_packageUrl: purl },
      expression,
      ...relationships.map(([relationshipType, to]) => ({
        type: "Relationship",
        relationshipType,
        from: "a",
        to: [to],
      })),
    ],
  };
}

function tagValue(lines: string): string {
  return `SPDXVersion: SPDX-2.3\nPackageName: a\nSPDXID: SPDXRef-a\n${lines}\nExternalRef: PACKAGE-MANAGER purl ${purl}\n`;
}

it.each<readonly [string, object | string, readonly string[] | undefined]>([
  [
    "identifiers and names of CycloneDX",
    cyclonedx([{ license: { id: "MIT" } }, { license: { name: "Ours" } }]),
    ["MIT", "Ours"],
  ],
  ["an expression of CycloneDX", cyclonedx([{ expression: "MIT OR ISC" }]), ["MIT OR ISC"]],
  ["none of CycloneDX", cyclonedx([{ license: {} }]), undefined],
  [
    "identifiers and names in XML",
    cyclonedxXml("<license><id>MIT</id></license><license><name>Ours</name></license>"),
    ["MIT", "Ours"],
  ],
  ["an expression in XML", cyclonedxXml("<expression>MIT OR ISC</expression>"), ["MIT OR ISC"]],
  ["what is declared in SPDX", spdx({ licenseDeclared: "MIT", licenseConcluded: "ISC" }), ["MIT"]],
  ["what is concluded in SPDX", spdx({ licenseDeclared: "NOASSERTION", licenseConcluded: "ISC" }), ["ISC"]],
  ["none of SPDX", spdx({ licenseDeclared: "NONE", licenseConcluded: "NOASSERTION" }), undefined],
  [
    "what is declared in SPDX 3",
    spdx3([
      ["hasConcludedLicense", "https://spdx.org/licenses/ISC"],
      ["hasDeclaredLicense", "ours"],
    ]),
    ["MIT OR ISC"],
  ],
  [
    "a licence of the list in SPDX 3",
    spdx3([["hasConcludedLicense", "https://spdx.org/licenses/ISC"]]),
    ["ISC"],
  ],
  [
    "what is concluded in SPDX 3 where nothing is declared",
    spdx3([
      ["hasDeclaredLicense", "https://spdx.org/rdf/3.0.1/terms/ExpandedLicensing/NoAssertion"],
      ["hasConcludedLicense", "ours"],
    ]),
    ["MIT OR ISC"],
  ],
  ["what is declared in tag-value", tagValue("PackageLicenseDeclared: MIT"), ["MIT"]],
  ["what is concluded in tag-value", tagValue("PackageLicenseConcluded: MIT"), ["MIT"]],
])("keeps %s", (_, document, expected) => {
  expect(licensesIn(document)).toEqual([expected]);
});
