import { isRecord, type JsonRecord, listOf, recordOf, textOf } from "@pratique/core";
import { type Component, MAX_COMPONENTS, type SbomDocument } from "./component.ts";
import { cycloneDxComponent } from "./cyclonedx-component.ts";
import type { Properties } from "./properties.ts";

/** Reads CycloneDX in JSON (ECMA-424; https://cyclonedx.org/docs/1.6/json/). Nested components count as the others. */
export function readCycloneDxJson(document: JsonRecord): SbomDocument {
  const serialNumber = textOf(document.serialNumber);
  const subject = recordOf(document.metadata).component;
  const roots = [document.components, recordOf(subject).components];
  const { components, isCut } = flatten(roots.flatMap(listOf));
  return {
    format: `CycloneDX ${textOf(document.specVersion) ?? ""} JSON`.replace("  ", " "),
    ...(serialNumber !== undefined && { serialNumber }),
    ...(isRecord(subject) && { subject: componentOf(subject) }),
    components,
    isCut,
  };
}

/** Without recursion: a document may nest its components as deep as it likes. */
function flatten(roots: readonly unknown[]): { components: readonly Component[]; isCut: boolean } {
  const components: Component[] = [];
  const waiting = roots.toReversed();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (components.length >= MAX_COMPONENTS) return { components, isCut: true };
    const component = recordOf(next);
    components.push(componentOf(component));
    for (const nested of listOf(component.components).toReversed()) waiting.push(nested);
  }
  return { components, isCut: false };
}

function componentOf(component: JsonRecord): Component {
  return cycloneDxComponent({
    reference: textOf(component["bom-ref"]),
    type: textOf(component.type),
    group: textOf(component.group),
    name: textOf(component.name),
    version: textOf(component.version),
    purl: textOf(component.purl),
    properties: propertiesOf(component.properties),
    occurrences: listOf(recordOf(component.evidence).occurrences)
      .map((occurrence) => textOf(recordOf(occurrence).location))
      .filter((location) => location !== undefined),
    licenses: listOf(component.licenses).map((choice) => licenseOf(recordOf(choice))),
  });
}

function licenseOf({ expression, license }: JsonRecord): string | undefined {
  const { id, name } = recordOf(license);
  return textOf(expression) ?? textOf(id) ?? textOf(name);
}

function propertiesOf(value: unknown): Properties {
  const properties = new Map<string, string>();
  for (const property of listOf(value)) {
    const { name, value: said } = recordOf(property);
    if (typeof name === "string" && typeof said === "string" && !properties.has(name)) {
      properties.set(name, said);
    }
  }
  return properties;
}
