import { describe, expect, it } from "vitest";
import type { RenderContext } from "../../report-format.ts";
import { context, evilReport, evilTexts, sample, unassessed } from "../../testdata/reports.ts";
import { spdx } from "./spdx.ts";

interface SpdxPackage {
  readonly SPDXID: string;
  readonly name: string;
  readonly versionInfo?: string;
  readonly sourceInfo?: string;
  readonly externalRefs?: readonly {
    readonly referenceCategory: string;
    readonly referenceLocator: string;
  }[];
}

interface SpdxDocument {
  readonly name: string;
  readonly documentNamespace: string;
  readonly creationInfo: { readonly created: string; readonly creators: readonly string[] };
  readonly annotations?: readonly object[];
  readonly packages: readonly SpdxPackage[];
  readonly relationships: readonly {
    readonly spdxElementId: string;
    readonly relationshipType: string;
    readonly relatedSpdxElement: string;
  }[];
}

function documentOf(report = sample, changes: Partial<RenderContext> = {}): SpdxDocument {
  return JSON.parse([...spdx.render(report, { ...context, ...changes })].join(""));
}

/** Who contains what, by name. */
function containsOf({ packages, relationships }: SpdxDocument): readonly (readonly string[])[] {
  const names = new Map(packages.map(({ SPDXID, name }) => [SPDXID, name]));
  return relationships.map(({ spdxElementId, relationshipType, relatedSpdxElement }) => [
    names.get(spdxElementId) ?? spdxElementId,
    relationshipType,
    names.get(relatedSpdxElement) ?? relatedSpdxElement,
  ]);
}

describe("SPDX", () => {
  it("says what the document is (clause 6)", () => {
    const document = documentOf();
    expect(document).toMatchObject({
      spdxVersion: "SPDX-2.3",
      dataLicense: "CC0-1.0",
      SPDXID: "SPDXRef-DOCUMENT",
      name: "registry.example-5000/acme/shop",
      creationInfo: { created: "2026-01-02T03:04:05Z", creators: ["Tool: pratique-1.2.3"] },
    });
    expect(new URL(document.documentNamespace).hash).toBe("");
  });

  it("tells who contains what", () => {
    const image = "registry.example:5000/acme/shop:1.2";
    expect(containsOf(documentOf())).toEqual([
      ["SPDXRef-DOCUMENT", "DESCRIBES", image],
      [image, "CONTAINS", "debian"],
      [image, "CONTAINS", "openssl"],
      [image, "CONTAINS", "libssl3"],
      [image, "CONTAINS", "python3-pip"],
      ["python3-pip", "CONTAINS", "requests"],
      [image, "CONTAINS", "@acme/lodash"],
    ]);
  });

  it("names packages by their URLs, and findings by their pages", () => {
    expect(documentOf().packages[2]).toMatchObject({
      name: "openssl",
      versionInfo: "3.0.11-1~deb12u1",
      sourceInfo: "found in var/lib/dpkg/status; built from openssl 3.0.11-1~deb12u1",
      externalRefs: [
        {
          referenceCategory: "PACKAGE-MANAGER",
          referenceType: "purl",
          referenceLocator: sample.packages[0]?.purl,
        },
        {
          referenceCategory: "SECURITY",
          referenceType: "advisory",
          referenceLocator: "https://nvd.nist.gov/vuln/detail/CVE-2024-0001",
        },
      ],
    });
  });

  it("has no findings where only the inventory is asked for, and no suppressed ones", () => {
    expect(JSON.stringify(documentOf(sample, { inventoryOnly: true }))).not.toContain("SECURITY");
    expect(JSON.stringify(documentOf())).not.toContain("CVE-2018-20225");
  });

  it("annotates what could not be assessed", () => {
    expect(documentOf(unassessed).annotations).toEqual([
      {
        annotationDate: "2026-01-02T03:04:05Z",
        annotationType: "OTHER",
        annotator: "Tool: pratique-1.2.3",
        comment: "NO_PACKAGES: no installed packages were found",
      },
    ]);
  });

  it.each(evilTexts)("keeps identifiers and locators in their form for %j (clauses 7.2, 7.21)", (evil) => {
    const { packages, documentNamespace } = documentOf(evilReport(evil));
    expect(documentNamespace).toMatch(/^https:\/\/spdx\.org\/spdxdocs\/[\w./-]+$/u);
    for (const { SPDXID, externalRefs = [] } of packages) {
      expect(SPDXID).toMatch(/^SPDXRef-[A-Za-z0-9.-]+$/u);
      for (const { referenceLocator } of externalRefs) expect(referenceLocator).toMatch(/^\S+$/u);
    }
  });
});
