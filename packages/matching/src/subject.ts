import type { Distro, Ecosystem, Package, PackageType } from "@pratique/core";
import { advisoryNameOfProgram, ecosystem, ecosystemOfDistro } from "@pratique/core";

/** Where advisories stand that name programs by NVD's dictionary of products. */
export const NVD: Ecosystem = ecosystem("NVD");

/** Under which name, in which version and in whose words a package is judged. */
export interface Subject {
  readonly package: Package;
  readonly ecosystem: Ecosystem;
  /** Names under which advisories may stand, the best first. */
  readonly names: readonly string[];
  readonly version: string;
}

/**
 * The ecosystem whose advisories speak of packages of a type; undefined where the distribution is unknown, or is
 * none that Pratique knows.
 */
export function ecosystemOf(type: PackageType, distro: Distro | undefined): Ecosystem | undefined {
  switch (type) {
    case "cargo":
      return ecosystem("crates.io");
    case "composer":
      return ecosystem("Packagist");
    case "gem":
      return ecosystem("RubyGems");
    case "generic":
      // Its advisories speak of programs as their makers publish them.
      return ecosystem("Bitnami");
    case "golang":
      return ecosystem("Go");
    case "hex":
      return ecosystem("Hex");
    case "maven":
      return ecosystem("Maven");
    case "npm":
      return ecosystem("npm");
    case "nuget":
      return ecosystem("NuGet");
    case "pub":
      return ecosystem("Pub");
    case "pypi":
      return ecosystem("PyPI");
    case "swift":
      return ecosystem("SwiftURL");
    case "cocoapods":
    case "conda":
      // Nobody publishes advisories that name them.
      return undefined;
    case "alpm":
    case "apk":
    case "deb":
    case "opkg":
    case "rpm":
      return distro === undefined ? undefined : ecosystemOfDistro(distro);
  }
}

/** All ecosystems by whose advisories, or whose silence, packages of a type are judged. */
export function ecosystemsOf(type: PackageType, distro: Distro | undefined): readonly Ecosystem[] {
  const found = ecosystemOf(type, distro);
  if (found === undefined) return [];
  return type === "generic" ? [found, NVD] : [found];
}

/**
 * Says as what a package is judged. Distributions write advisories for source packages, and number the fixes by
 * the versions of the source: the version of the binary package may differ (`1:4.2+b1` of source `2.0-3`).
 */
export function subjectOf(found: Package, within: Ecosystem): Subject {
  const { name, version, source } = found;
  const base = { package: found, ecosystem: within };
  switch (found.type) {
    case "deb":
      return { ...base, names: [source?.name ?? name], version: source?.version ?? version };
    case "apk":
      return { ...base, names: distinct([source?.name ?? name, name]), version: source?.version ?? version };
    case "alpm":
      return { ...base, names: distinct([name, source?.name ?? name]), version };
    case "composer":
      return { ...base, names: [name.toLowerCase()], version };
    case "nuget":
      return { ...base, names: namesOfNuget(name.toLowerCase(), version), version };
    case "pypi":
      return { ...base, names: [canonicalPythonName(name)], version };
    case "generic":
      return { ...base, names: [advisoryNameOfProgram(name)], version };
    case "swift":
      return { ...base, names: [name.toLowerCase()], version };
    case "cargo":
    case "cocoapods":
    case "conda":
    case "gem":
    case "golang":
    case "hex":
    case "maven":
    case "npm":
    case "opkg":
    case "pub":
    // Advisories about RPMs name binary packages.
    case "rpm":
      return { ...base, names: [name], version };
  }
}

/** PEP 503, "Normalized Names": advisories are kept under this spelling. */
function canonicalPythonName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/gu, "-");
}

/**
 * From version 3 on, Microsoft's advisories name the shared frameworks by the packages of their platforms, which all
 * get the same fixes; a program that brings a framework along may name it without one.
 */
function namesOfNuget(name: string, version: string): readonly string[] {
  return FRAMEWORK.test(name) && !/^[12]\./u.test(version) ? [`${name}.runtime.linux-x64`, name] : [name];
}

const FRAMEWORK = /^microsoft\.(?:netcore|aspnetcore|windowsdesktop)\.app$/u;

function distinct(names: readonly string[]): readonly string[] {
  return [...new Set(names)];
}
