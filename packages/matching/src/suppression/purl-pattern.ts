import { CoreError, type Distro, type Package, type Purl, parsePurl } from "@pratique/core";

/** A package URL that stands for every package that it does not tell apart: without a version, for all versions. */
export type PurlPattern = Purl;

/** Reads a pattern; undefined where it is no package URL. */
export function parsePurlPattern(text: string): PurlPattern | undefined {
  if (!text.startsWith("pkg:")) return undefined;
  try {
    return parsePurl(text);
  } catch (thrown) {
    if (thrown instanceof CoreError) return undefined;
    throw thrown;
  }
}

export interface PurlContext {
  /** The package behind the package URL: statements of distributions speak of sources. */
  readonly installed?: Package | undefined;
  readonly distro?: Distro | undefined;
}

/**
 * Whether a pattern covers a package. Type, namespace and name must be the same, and the version where the pattern has
 * one. A qualifier speaks only where both have it; a release without its point release covers them all.
 */
export function coversPurl(pattern: PurlPattern, purl: Purl, context: PurlContext = {}): boolean {
  if (pattern.type !== purl.type || !isSameVendor(pattern, purl)) return false;
  const { source } = context.installed ?? {};
  const isOfSource = pattern.qualifiers.arch === "source" && isDistributed(pattern);
  const name = isOfSource ? (source?.name ?? purl.name) : purl.name;
  if (!isSameName(pattern, name)) return false;
  const version = isOfSource && source !== undefined ? source.version : versionOf(purl);
  if (
    pattern.version !== undefined &&
    trimVersion(pattern, versionOf(pattern)) !== trimVersion(purl, version)
  ) {
    return false;
  }
  return Object.entries(pattern.qualifiers).every(([key, value]) =>
    coversQualifier(key, value, purl, context),
  );
}

function coversQualifier(key: string, value: string, { qualifiers }: Purl, { distro }: PurlContext): boolean {
  const found = qualifiers[key];
  switch (key) {
    case "epoch":
      // A part of the version.
      return true;
    case "arch":
      return value === "source" || found === undefined || value === found;
    case "distro":
      return coversDistro(value, found, distro);
    default:
      return found === undefined || value === found;
  }
}

/** `debian-12` covers `debian-12.13`, `bookworm` both; not the other way round. */
function coversDistro(wanted: string, found: string | undefined, distro: Distro | undefined): boolean {
  if (found === undefined && distro === undefined) return true;
  const { id = "", version = "", codename } = distro ?? {};
  const names = [found, version === "" ? undefined : `${id}-${version}`];
  if (names.some((name) => name === wanted || name?.startsWith(`${wanted}.`) === true)) return true;
  return codename !== undefined && (wanted === codename || wanted === `${id}-${codename}`);
}

/** Namespaces that vendors use beside the name of their distribution in os-release. */
const VENDORS: ReadonlyMap<string, string> = new Map([
  ["alma", "almalinux"],
  ["amazon", "amzn"],
  ["oracle", "ol"],
  ["oraclelinux", "ol"],
  ["redhat", "rhel"],
  ["suse", "sles"],
]);

function isSameVendor(pattern: Purl, purl: Purl): boolean {
  if (pattern.namespace === purl.namespace) return true;
  const [left, right] = [pattern.namespace ?? "", purl.namespace ?? ""];
  // Tools disagree on whether the path of a module is told apart by case in a package URL.
  if (pattern.type === "golang") return left.toLowerCase() === right.toLowerCase();
  return pattern.type === "rpm" && (VENDORS.get(left) ?? left) === (VENDORS.get(right) ?? right);
}

function isSameName(pattern: Purl, name: string): boolean {
  if (pattern.name === name) return true;
  return pattern.type === "golang" && pattern.name.toLowerCase() === name.toLowerCase();
}

function isDistributed({ type }: Purl): boolean {
  return type === "deb" || type === "rpm" || type === "apk";
}

/** The epoch of an RPM is a qualifier, and 0 where there is none. */
function versionOf({ type, version = "", qualifiers }: Purl): string {
  return type === "rpm" && qualifiers.epoch !== undefined ? `${qualifiers.epoch}:${version}` : version;
}

function trimVersion({ type }: Purl, version: string): string {
  if (type === "golang") return version.startsWith("v") ? version.slice(1) : version;
  return type === "rpm" && version.startsWith("0:") ? version.slice(2) : version;
}
