import { declaredLicenses } from "../declared-licenses.ts";
import type { Component, ComponentKind } from "./component.ts";
import { distroIn, ownFactsIn, ownLicensesIn, type Properties, pathsIn, sourceIn } from "./properties.ts";

/** The members of a component that are the same in JSON and in XML. */
export interface CycloneDxMembers {
  readonly reference: string | undefined;
  readonly type: string | undefined;
  readonly group: string | undefined;
  readonly name: string | undefined;
  readonly version: string | undefined;
  readonly purl: string | undefined;
  readonly properties: Properties;
  /** `evidence.occurrences`: where it was found. */
  readonly occurrences: readonly string[];
  /** Identifiers, names and expressions. */
  readonly licenses: readonly (string | undefined)[];
}

/** Types of components that are programs, of which there may be advisories (CycloneDX 1.6, "classification"). */
const INSTALLED: ReadonlySet<string> = new Set(["library", "framework", "application", "platform"]);

export function cycloneDxComponent(members: CycloneDxMembers): Component {
  const { reference, group, name = "", version, purl, properties } = members;
  const source = sourceIn(properties);
  const distro = distroIn(properties);
  const own = ownFactsIn(properties);
  return {
    ...(reference !== undefined && { reference }),
    kind: kindOf(members),
    name,
    ...(group !== undefined && { group }),
    ...(version !== undefined && { version }),
    ...(purl !== undefined && { purl }),
    ...(source !== undefined && { source }),
    ...(distro !== undefined && { distro }),
    paths: pathsOf(members),
    ...declaredLicenses(ownLicensesIn(properties) ?? members.licenses),
    ...(own !== undefined && { own }),
  };
}

function pathsOf({ properties, occurrences }: CycloneDxMembers): readonly string[] {
  const paths = pathsIn(properties);
  return paths.length > 0 ? paths : occurrences.map((location) => location.replace(/^\//u, ""));
}

function kindOf({ type = "library", version, purl }: CycloneDxMembers): ComponentKind {
  if (type === "operating-system") return "operating-system";
  if (purl !== undefined) return "package";
  if (!INSTALLED.has(type)) return "other";
  // Tools write lock files and groups of packages as applications without a version.
  return type === "application" && version === undefined ? "other" : "package";
}
