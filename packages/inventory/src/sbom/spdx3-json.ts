import { type JsonRecord, listOf, recordOf, textOf } from "@pratique/core";
import { type Component, MAX_COMPONENTS, type SbomDocument } from "./component.ts";
import { spdxPackage, spdxProperties } from "./spdx-package.ts";

/**
 * Reads SPDX 3 in JSON-LD (https://spdx.github.io/spdx-spec/v3.0.1/serializations/): a list of elements that name each
 * other by their identifiers. The names of members are those of the published context, which the specification has
 * every document use.
 */
export function readSpdx3Json(document: JsonRecord): SbomDocument {
  const elements = listOf(document["@graph"]).map(recordOf);
  const packages = elements.filter(({ type }) => type === "software_Package");
  const facts = factsAbout(elements);
  const components = packages.slice(0, MAX_COMPONENTS).map((item) => componentOf(item, facts));
  const subject = subjectOf(elements, components);
  return {
    format: `SPDX-${versionOf(elements)} JSON`,
    ...(subject !== undefined && { subject }),
    components,
    isCut: packages.length > MAX_COMPONENTS,
  };
}

/** What other elements say of a package, by its identifier. */
interface Facts {
  readonly declared: ReadonlyMap<string, string>;
  readonly concluded: ReadonlyMap<string, string>;
  /** The statements of annotations. */
  readonly statements: ReadonlyMap<string, readonly string[]>;
}

function factsAbout(elements: readonly JsonRecord[]): Facts {
  const expressions = new Map<string, string>();
  const statements = new Map<string, string[]>();
  for (const element of elements) {
    const [id, expression] = [idOf(element), textOf(element.simplelicensing_licenseExpression)];
    if (id !== undefined && expression !== undefined) expressions.set(id, expression);
    const [subject, statement] = [textOf(element.subject), textOf(element.statement)];
    if (subject === undefined || statement === undefined) continue;
    const said = statements.get(subject);
    if (said === undefined) statements.set(subject, [statement]);
    else said.push(statement);
  }
  const licensesBy = (relationshipType: string): ReadonlyMap<string, string> =>
    new Map(
      elements
        .filter((element) => element.relationshipType === relationshipType)
        .flatMap(({ from, to }) => {
          const names = targetsOf(to).map((target) => expressions.get(target) ?? listedLicense(target));
          const all = names.filter((name) => name !== undefined);
          return typeof from === "string" && all.length > 0 ? [[from, all.join(" AND ")] as const] : [];
        }),
    );
  return {
    declared: licensesBy("hasDeclaredLicense"),
    concluded: licensesBy("hasConcludedLicense"),
    statements,
  };
}

/** A licence of SPDX's own list, which a document may name without having an element for it. */
function listedLicense(id: string): string | undefined {
  return /^https?:\/\/spdx\.org\/licenses\/(?<name>[A-Za-z0-9.+-]{1,64})$/u.exec(id)?.groups?.name;
}

function componentOf(item: JsonRecord, { declared, concluded, statements }: Facts): Component {
  const reference = idOf(item);
  const texts = [
    ...(statements.get(reference ?? "") ?? []),
    ...listOf(item.software_attributionText).filter((text) => typeof text === "string"),
  ];
  return spdxPackage({
    reference,
    name: textOf(item.name),
    version: textOf(item.software_packageVersion),
    purl: textOf(item.software_packageUrl) ?? purlIn(listOf(item.externalIdentifier)),
    purpose: purposeOf(textOf(item.software_primaryPurpose)),
    sourceInfo: textOf(item.software_sourceInfo),
    licenseDeclared: declared.get(reference ?? ""),
    licenseConcluded: concluded.get(reference ?? ""),
    properties: spdxProperties(texts),
  });
}

/** SPDX 3.0.1, `Core/ExternalIdentifierType`. */
function purlIn(identifiers: readonly unknown[]): string | undefined {
  const found = identifiers
    .map(recordOf)
    .find(({ externalIdentifierType }) => externalIdentifierType === "packageUrl");
  return textOf(found?.identifier);
}

/** `operatingSystem` in the words of SPDX 2, `OPERATING-SYSTEM`. */
function purposeOf(purpose: string | undefined): string | undefined {
  return purpose?.replaceAll(/(?=[A-Z])/gu, "-").toUpperCase();
}

/** The one package that the document, or the bill of materials that it holds, is about; undefined where it is about several. */
function subjectOf(elements: readonly JsonRecord[], components: readonly Component[]): Component | undefined {
  const collections = new Map(
    elements
      .filter(({ type }) => type === "SpdxDocument" || type === "software_Sbom" || type === "Bom")
      .map((element) => [idOf(element), element] as const),
  );
  const roots = new Set<string>();
  for (const { rootElement } of collections.values()) {
    for (const target of targetsOf(rootElement)) roots.add(target);
  }
  for (const { relationshipType, from, to } of elements) {
    if (relationshipType !== "describes" || !collections.has(textOf(from))) continue;
    for (const target of targetsOf(to)) roots.add(target);
  }
  const described = components.filter(({ reference }) => reference !== undefined && roots.has(reference));
  return described.length === 1 ? described[0] : undefined;
}

/** `3.0.1`, as the elements' own creation says it. */
function versionOf(elements: readonly JsonRecord[]): string {
  return (
    elements.map(({ specVersion }) => textOf(specVersion)).find((version) => version !== undefined) ?? "3"
  );
}

/** One element may stand without a list. */
function targetsOf(value: unknown): readonly string[] {
  return typeof value === "string" ? [value] : listOf(value).filter((target) => typeof target === "string");
}

/** JSON-LD's own word for it is allowed for elements as well. */
function idOf(element: JsonRecord): string | undefined {
  return textOf(element.spdxId) ?? textOf(element["@id"]);
}
