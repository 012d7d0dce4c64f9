import { type Component, MAX_COMPONENTS, type SbomDocument } from "./component.ts";
import { cycloneDxComponent } from "./cyclonedx-component.ts";
import type { Properties } from "./properties.ts";
import type { XmlElement } from "./xml.ts";

/** Reads CycloneDX in XML (https://cyclonedx.org/docs/1.6/xml/). Nested components count as the others. */
export function readCycloneDxXml(bom: XmlElement): SbomDocument {
  const serialNumber = bom.attributes.get("serialNumber");
  const subject = childOf(childOf(bom, "metadata"), "component");
  const components: Component[] = [];
  for (const parent of [bom, ...(subject === undefined ? [] : [subject])]) collect(parent, components);
  return {
    format: `CycloneDX ${versionOf(bom)}XML`,
    ...(serialNumber !== undefined && { serialNumber }),
    ...(subject !== undefined && { subject: componentOf(subject) }),
    components,
    isCut: components.length >= MAX_COMPONENTS,
  };
}

/** The depth of the tree is bounded by its reader. */
function collect(parent: XmlElement, into: Component[]): void {
  for (const element of childOf(parent, "components")?.children ?? []) {
    if (element.name !== "component") continue;
    if (into.length >= MAX_COMPONENTS) return;
    into.push(componentOf(element));
    collect(element, into);
  }
}

function componentOf(element: XmlElement): Component {
  const said = (name: string): string | undefined => childOf(element, name)?.text || undefined;
  return cycloneDxComponent({
    reference: element.attributes.get("bom-ref"),
    type: element.attributes.get("type"),
    group: said("group"),
    name: said("name"),
    version: said("version"),
    purl: said("purl"),
    properties: propertiesOf(childOf(element, "properties")),
    occurrences: (childOf(childOf(element, "evidence"), "occurrences")?.children ?? [])
      .map((occurrence) => childOf(occurrence, "location")?.text ?? "")
      .filter((location) => location !== ""),
    licenses: (childOf(element, "licenses")?.children ?? []).map(licenseOf),
  });
}

function licenseOf(choice: XmlElement): string | undefined {
  if (choice.name === "expression") return choice.text;
  return childOf(choice, "id")?.text ?? childOf(choice, "name")?.text;
}

function propertiesOf(element: XmlElement | undefined): Properties {
  const properties = new Map<string, string>();
  for (const { attributes, text } of element?.children ?? []) {
    const name = attributes.get("name");
    if (name !== undefined && !properties.has(name)) properties.set(name, text);
  }
  return properties;
}

function childOf(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((child) => child.name === name);
}

/** The version is in the namespace: `http://cyclonedx.org/schema/bom/1.4`. */
function versionOf({ attributes }: XmlElement): string {
  const namespaces = [...attributes.values()];
  const own = namespaces.find((value) => value.startsWith("http://cyclonedx.org/schema/bom/"));
  return own === undefined ? "" : `${own.slice(own.lastIndexOf("/") + 1)} `;
}
