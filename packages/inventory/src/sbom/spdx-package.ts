import type { SourcePackage } from "@pratique/core";
import { declaredLicenses } from "../declared-licenses.ts";
import type { Component, ComponentKind } from "./component.ts";
import { distroIn, ownFactsIn, ownLicensesIn, type Properties, pathsIn, sourceIn } from "./properties.ts";

/** The members of a package that are the same in JSON and in tag-value (SPDX 2.3, 7). */
export interface SpdxMembers {
  readonly reference: string | undefined;
  readonly name: string | undefined;
  readonly version: string | undefined;
  readonly purl: string | undefined;
  readonly purpose: string | undefined;
  readonly sourceInfo: string | undefined;
  /** What its authors declared (7.15), and what whoever wrote the document concluded (7.13). */
  readonly licenseDeclared: string | undefined;
  readonly licenseConcluded: string | undefined;
  /** `Name: value` of annotations and attribution texts. */
  readonly properties: Properties;
}

/** Words of `primaryPackagePurpose` (7.24) for what is no program that somebody publishes. */
const OTHER: ReadonlySet<string> = new Set([
  "CONTAINER",
  "FILE",
  "ARCHIVE",
  "DEVICE",
  "FIRMWARE",
  "SOURCE",
  "INSTALL",
]);

export function spdxPackage(members: SpdxMembers): Component {
  const { reference, name = "", version, purl, sourceInfo, properties } = members;
  const source = sourceIn(properties) ?? sourceOf(sourceInfo);
  const distro = distroIn(properties);
  const own = ownFactsIn(properties);
  return {
    ...(reference !== undefined && { reference }),
    kind: kindOf(members),
    name,
    ...(version !== undefined && version !== "NOASSERTION" && { version }),
    ...(purl !== undefined && { purl }),
    ...(source !== undefined && { source }),
    ...(distro !== undefined && { distro }),
    paths: pathsIn(properties),
    ...declaredLicenses(ownLicensesIn(properties) ?? [licenseOf(members)]),
    ...(own !== undefined && { own }),
  };
}

function licenseOf({ licenseDeclared, licenseConcluded }: SpdxMembers): string | undefined {
  return licenseDeclared === "NOASSERTION" || licenseDeclared === "NONE"
    ? licenseConcluded
    : (licenseDeclared ?? licenseConcluded);
}

/** Trivy says what an entry is in its identifier where there is no purpose. */
function kindOf({ reference = "", version, purl, purpose }: SpdxMembers): ComponentKind {
  if (purpose === "OPERATING-SYSTEM" || purpose === "OPERATING_SYSTEM") return "operating-system";
  if (reference.startsWith("SPDXRef-OperatingSystem-")) return "operating-system";
  if (purl !== undefined) return "package";
  if (purpose !== undefined && OTHER.has(purpose)) return "other";
  if (/^SPDXRef-(?:Application|ContainerImage|Filesystem|Repository)-/u.test(reference)) return "other";
  return version === undefined && purpose === "APPLICATION" ? "other" : "package";
}

const BUILT_FROM = "built package from: ";

/** `built package from: openssl-libs 1:1.0.2k-16.el7` */
function sourceOf(info: string | undefined): SourcePackage | undefined {
  if (info?.startsWith(BUILT_FROM) !== true) return undefined;
  const [name = "", version = "", ...rest] = info.slice(BUILT_FROM.length).trim().split(" ");
  return name === "" || version === "" || rest.length > 0 ? undefined : { name, version };
}

/** What annotations and attribution texts say, as `Name: value`. */
export function spdxProperties(texts: readonly string[]): Properties {
  const properties = new Map<string, string>();
  for (const text of texts) {
    const colon = text.indexOf(": ");
    if (colon > 0 && !properties.has(text.slice(0, colon))) {
      properties.set(text.slice(0, colon), text.slice(colon + 2));
    }
  }
  return properties;
}
