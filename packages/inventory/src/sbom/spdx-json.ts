import { type JsonRecord, listOf, recordOf, textOf } from "@pratique/core";
import { type Component, MAX_COMPONENTS, type SbomDocument } from "./component.ts";
import { spdxPackage, spdxProperties } from "./spdx-package.ts";

/** Reads SPDX 2 in JSON (https://spdx.github.io/spdx-spec/v2.3/). */
export function readSpdxJson(document: JsonRecord): SbomDocument {
  const packages = listOf(document.packages);
  const components = packages.slice(0, MAX_COMPONENTS).map((item) => componentOf(recordOf(item)));
  const subject = subjectOf(document, components);
  return {
    format: `${textOf(document.spdxVersion) ?? "SPDX"} JSON`,
    ...(subject !== undefined && { subject }),
    components,
    isCut: packages.length > MAX_COMPONENTS,
  };
}

function componentOf(item: JsonRecord): Component {
  const annotations = listOf(item.annotations).map((annotation) => recordOf(annotation).comment);
  const texts = [...annotations, ...listOf(item.attributionTexts)];
  return spdxPackage({
    reference: textOf(item.SPDXID),
    name: textOf(item.name),
    version: textOf(item.versionInfo),
    purl: purlIn(listOf(item.externalRefs)),
    purpose: textOf(item.primaryPackagePurpose),
    sourceInfo: textOf(item.sourceInfo),
    licenseDeclared: textOf(item.licenseDeclared),
    licenseConcluded: textOf(item.licenseConcluded),
    properties: spdxProperties(texts.filter((text) => typeof text === "string")),
  });
}

/** SPDX 2.3, annex F.3.5. */
function purlIn(references: readonly unknown[]): string | undefined {
  const found = references.map(recordOf).find(({ referenceType }) => referenceType === "purl");
  return textOf(found?.referenceLocator);
}

/** The one package that the document describes; undefined where it describes several. */
function subjectOf(document: JsonRecord, components: readonly Component[]): Component | undefined {
  const described = new Set(listOf(document.documentDescribes).filter((id) => typeof id === "string"));
  for (const item of listOf(document.relationships)) {
    const { spdxElementId, relationshipType, relatedSpdxElement } = recordOf(item);
    if (relationshipType !== "DESCRIBES" || spdxElementId !== "SPDXRef-DOCUMENT") continue;
    if (typeof relatedSpdxElement === "string") described.add(relatedSpdxElement);
  }
  if (described.size !== 1) return undefined;
  return components.find(({ reference }) => reference !== undefined && described.has(reference));
}
