import { isFromDistribution, type Package, type ScanReport, type ScanTarget } from "@pratique/core";
import { reasonText } from "../../assessment-words.ts";
import { imageNameOf, imagePurl } from "../../image-name.ts";
import { inventoryReasons } from "../../inventory-reasons.ts";
import { inTurn, jsonText } from "../../json-text.ts";
import { distroProperties, type OwnProperty, packageProperties } from "../../own-properties.ts";
import type { RenderContext, ReportFormat } from "../../report-format.ts";
import { secretsLeftOut } from "../../secret-rows.ts";
import { stableUuid } from "../../stable-uuid.ts";
import { componentLicenses } from "./component-licenses.ts";
import { vulnerabilitiesOf } from "./vulnerabilities.ts";

const SCHEMA = "http://cyclonedx.org/schema/bom-1.6.schema.json";
/** The longest version that the schema allows. */
const MAX_VERSION = 1024;
const ROOT = "image";

/**
 * CycloneDX 1.6: what is installed, which package brought which, and what is known to be wrong with it. References
 * (`bom-ref`) of packages are the ids of the report, and stay the same as long as the packages do.
 */
export const cyclonedx: ReportFormat = {
  name: "cyclonedx",
  description: "CycloneDX 1.6, a bill of materials with vulnerabilities",
  render: (report, context) => jsonText(bomOf(report, context)),
  remarks: (report) => secretsLeftOut("cyclonedx", report),
};

function bomOf(report: ScanReport, { version, inventoryOnly = false }: RenderContext): object {
  const { target, packages, scannedAt } = report;
  const ids = packages.map(({ id }) => id);
  return {
    $schema: SCHEMA,
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: `urn:uuid:${stableUuid([target.reference, target.digest ?? "", scannedAt, ...ids])}`,
    version: 1,
    metadata: {
      timestamp: scannedAt,
      tools: { components: [{ type: "application", name: "pratique", version }] },
      component: imageComponent(target),
      properties: [
        property("assessment", report.assessment.state),
        ...report.assessment.reasons.map((reason) => property(`reason:${reason.code}`, reasonText(reason))),
      ],
    },
    components: inTurn(componentsOf(report)),
    dependencies: inTurn(dependenciesOf(report)),
    ...(inventoryReasons(report).length === 0
      ? {}
      : { compositions: [{ aggregate: "incomplete", assemblies: [ROOT] }] }),
    ...(inventoryOnly ? {} : { vulnerabilities: inTurn(vulnerabilitiesOf(report)) }),
  };
}

function imageComponent(target: ScanTarget): object {
  const { repository, tag, isRepository } = imageNameOf(target);
  return {
    type: "container",
    "bom-ref": ROOT,
    name: isRepository ? repository : target.reference,
    version: clip(target.digest ?? tag ?? ""),
    purl: imagePurl(target),
    properties: [
      property("reference", target.reference),
      ...(target.imageId === undefined ? [] : [property("image-id", target.imageId)]),
      ...(target.platform === undefined ? [] : [property("platform", target.platform)]),
      ...(target.layers ?? []).map((layer) => property("layer", layer)),
    ],
  };
}

function* componentsOf({ target, packages }: ScanReport): Generator<object> {
  const { distro } = target;
  if (distro !== undefined) {
    yield {
      type: "operating-system",
      "bom-ref": systemRef(target),
      name: distro.id,
      version: clip(distro.version),
      description: distro.name,
      properties: distroProperties(distro).map(toProperty),
    };
  }
  for (const member of packages) yield componentOf(member);
}

function componentOf(member: Package): object {
  const { id, type, version, purl, licenses = [], paths } = member;
  return {
    type: type === "generic" ? "application" : "library",
    "bom-ref": id,
    ...groupAndName(member),
    version: clip(version),
    ...(licenses.length === 0 ? {} : { licenses: componentLicenses(licenses) }),
    purl,
    ...(paths.length === 0 ? {} : { evidence: { occurrences: paths.map((location) => ({ location })) } }),
    properties: packageProperties(member).map(toProperty),
  };
}

function toProperty([name, value]: OwnProperty): object {
  return { name, value };
}

/** What others call a group: the scope of npm, the group of Maven, the vendor of Composer. */
function groupAndName({ type, name }: Package): { readonly group?: string; readonly name: string } {
  const separator = separators.get(type);
  const at = separator === undefined ? -1 : name.indexOf(separator);
  return at <= 0 ? { name } : { group: name.slice(0, at), name: name.slice(at + 1) };
}

const separators: ReadonlyMap<Package["type"], string> = new Map([
  ["composer", "/"],
  ["maven", ":"],
  ["npm", "/"],
]);

/**
 * The image depends on its system and on what stands for itself, the system on its packages, and a package on what
 * it installed. What is not named has dependencies that nobody knows.
 */
function* dependenciesOf({ target, packages }: ScanReport): Generator<object> {
  const refs = new Set(packages.map(({ id }) => id));
  const system = target.distro === undefined ? undefined : systemRef(target);
  const dependencies = new Map<string, string[]>([[ROOT, system === undefined ? [] : [system]]]);
  if (system !== undefined) dependencies.set(system, []);
  for (const { id, type, ownedBy } of packages) {
    const parent =
      ownedBy !== undefined && refs.has(ownedBy) && ownedBy !== id
        ? ownedBy
        : system !== undefined && isFromDistribution(type)
          ? system
          : ROOT;
    const list = dependencies.get(parent);
    if (list === undefined) dependencies.set(parent, [id]);
    else list.push(id);
  }
  for (const [ref, dependsOn] of dependencies) yield { ref, dependsOn };
}

function systemRef({ distro }: ScanTarget): string {
  return `system:${distro?.id}@${distro?.version}`;
}

function property(name: string, value: string): object {
  return { name: `pratique:${name}`, value };
}

function clip(version: string): string {
  return version.length <= MAX_VERSION ? version : `${version.slice(0, MAX_VERSION - 1).toWellFormed()}…`;
}
