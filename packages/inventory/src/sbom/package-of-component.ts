import {
  CoreError,
  type Distro,
  isFromDistribution,
  type PackageFacts,
  type PackageType,
  type Purl,
  packageTypes,
  parsePurl,
  type SourcePackage,
} from "@pratique/core";
import { isToken } from "../token.ts";
import type { Component } from "./component.ts";
import { distroOfPurl } from "./distro-words.ts";

/** A component that advisories can be asked about. */
export interface IdentifiedPackage {
  readonly facts: PackageFacts;
  /** In canonical form. */
  readonly purl: string;
  /** Which distribution the package URL itself names. */
  readonly distro?: Distro;
}

/** Why nobody can be asked about a component; the same words for all that lack the same. */
export interface Unidentified {
  readonly cause: string;
}

/** Those that tell who built them. */
const VENDED: ReadonlySet<PackageType> = new Set(["deb", "golang", "rpm"]);

/** Takes a package from a component's package URL; what that does not say stays unsaid. */
export function packageOfComponent(component: Component): IdentifiedPackage | Unidentified {
  if (component.purl === undefined) return { cause: "without a package URL" };
  const purl = parse(component.purl);
  if (purl === undefined) return { cause: "with a malformed package URL" };
  const type = typeOf(purl, component);
  if (type === undefined) return { cause: `of the type ${JSON.stringify(purl.type)}, which is not judged` };
  const version = versionOf(purl, type, component);
  if (version === undefined) return { cause: "without a version" };
  const name = nameOf(purl, type, component);
  if (!isToken(name) || !isToken(version)) return { cause: "with a malformed name or version" };
  const { arch } = purl.qualifiers;
  const { module, vendor, repository, isInert, functions, runnable, layer } = component.own ?? {};
  const source = isFromDistribution(type) ? (component.source ?? sourceOf(purl, version)) : undefined;
  const distro = isFromDistribution(type) ? distroOfPurl(purl) : undefined;
  return {
    facts: {
      type,
      name,
      version,
      ...(arch !== undefined && { architecture: arch }),
      ...(source !== undefined && { source }),
      ...(type === "rpm" && module !== undefined && { module }),
      ...(VENDED.has(type) && vendor !== undefined && { vendor }),
      ...(type === "rpm" && repository !== undefined && { repository }),
      ...(isFromDistribution(type) && isInert !== undefined && { isInert }),
      ...(isFromDistribution(type) && runnable !== undefined && { runnable }),
      ...(type === "golang" && functions !== undefined && { functions }),
      ...(layer !== undefined && { layer }),
      ...(component.licenses !== undefined && { licenses: component.licenses }),
      paths: component.paths,
    },
    purl: purl.text,
    ...(distro !== undefined && { distro }),
  };
}

function parse(text: string): Purl | undefined {
  try {
    return parsePurl(text);
  } catch (thrown) {
    if (thrown instanceof CoreError) return undefined;
    throw thrown;
  }
}

function typeOf({ type }: Purl, { own }: Component): PackageType | undefined {
  // An archive of Java that does not tell its group has no package URL of its own type.
  if (type === "generic" && own?.type === "maven") return "maven";
  // Bitnami's packages are what its advisories, by which `generic` is judged, speak of.
  if (type === "bitnami") return "generic";
  return packageTypes.find((known) => known === type);
}

/** An RPM's epoch is a qualifier (purl-spec, "rpm"); tools write that of Debian's packages so, too. */
function versionOf(purl: Purl, type: PackageType, component: Component): string | undefined {
  const version = purl.version ?? component.version;
  // Behind the version of the program stands Bitnami's own revision: `1.25.3-2`.
  if (purl.type === "bitnami") return version?.replace(/-\d+$/u, "");
  const { epoch } = purl.qualifiers;
  if (version === undefined || epoch === undefined || !/^\d{1,9}$/u.test(epoch)) return version;
  if (type !== "rpm" && type !== "deb") return version;
  return version.includes(":") ? version : `${epoch}:${version}`;
}

function nameOf(purl: Purl, type: PackageType, component: Component): string {
  const name = joined(purl, type);
  if (type !== "golang") return name;
  // Tools fold the path of a Go module, which is told apart by case, in the URL and not beside it.
  const beside = component.group === undefined ? component.name : `${component.group}/${component.name}`;
  return beside.toLowerCase() === name.toLowerCase() ? beside : name;
}

function joined({ namespace, name }: Purl, type: PackageType): string {
  if (namespace === undefined) return name;
  switch (type) {
    case "maven":
      return `${namespace}:${name}`;
    case "npm":
    case "golang":
    case "composer":
    case "hex":
    case "swift":
      return `${namespace}/${name}`;
    case "alpm":
    case "apk":
    case "cargo":
    case "cocoapods":
    case "conda":
    case "deb":
    case "gem":
    case "generic":
    case "nuget":
    case "opkg":
    case "pub":
    case "pypi":
    case "rpm":
      return name;
  }
}

const SOURCE_RPM = ".src.rpm";

/** Syft's qualifier `upstream`: `openssl`, `glibc@2.36-9`, `bash-5.1.8-6.el9.src.rpm`. */
function sourceOf({ qualifiers }: Purl, version: string): SourcePackage | undefined {
  const text = qualifiers.upstream;
  if (text === undefined || text === "") return undefined;
  if (text.endsWith(SOURCE_RPM)) {
    const stem = text.slice(0, -SOURCE_RPM.length);
    const cut = stem.lastIndexOf("-", stem.lastIndexOf("-") - 1);
    return cut < 1 ? undefined : { name: stem.slice(0, cut), version: stem.slice(cut + 1) };
  }
  const at = text.indexOf("@");
  return at < 0 ? { name: text, version } : { name: text.slice(0, at), version: text.slice(at + 1) };
}
