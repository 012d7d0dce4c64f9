import { type Ecosystem, ecosystem } from "@pratique/core";

/** Ecosystems by their lower-case names, as the OSV schema spells them, and under names that feeds use instead. */
const ECOSYSTEMS: ReadonlyMap<string, string> = new Map([
  ["almalinux", "AlmaLinux"],
  ["alpine", "Alpine"],
  ["bitnami", "Bitnami"],
  ["cargo", "crates.io"],
  ["composer", "Packagist"],
  ["crates.io", "crates.io"],
  ["debian", "Debian"],
  ["erlang", "Hex"],
  ["gem", "RubyGems"],
  ["go", "Go"],
  ["golang", "Go"],
  ["hex", "Hex"],
  ["maven", "Maven"],
  ["npm", "npm"],
  ["nuget", "NuGet"],
  ["packagist", "Packagist"],
  ["pip", "PyPI"],
  ["pub", "Pub"],
  ["pypi", "PyPI"],
  ["rocky linux", "Rocky Linux"],
  ["rubygems", "RubyGems"],
  ["swift", "SwiftURL"],
  ["swifturl", "SwiftURL"],
  ["ubuntu", "Ubuntu"],
]);

/**
 * The canonical spelling of an ecosystem (OSV schema, "Defined ecosystems"). A release keeps its place behind the
 * colon, without Ubuntu's `:LTS`, which no root file system tells.
 */
export function canonicalEcosystem(text: string): Ecosystem {
  const colon = text.indexOf(":");
  const base = colon < 0 ? text : text.slice(0, colon);
  const release = colon < 0 ? "" : text.slice(colon).replace(/:LTS$/u, "");
  return ecosystem((ECOSYSTEMS.get(base.toLowerCase()) ?? base) + release);
}

/** The one spelling under which a package of an ecosystem is kept and looked up. */
export function canonicalPackageName(of: Ecosystem, name: string): string {
  switch (of) {
    case "PyPI":
      // PEP 503, "Normalized Names".
      return name.toLowerCase().replace(/[-_.]+/gu, "-");
    case "NuGet":
    case "Packagist":
      return name.toLowerCase();
    case "SwiftURL":
      // The same place whether by HTTPS or not, and hosts of repositories do not tell case apart.
      return name
        .toLowerCase()
        .replace(/^[a-z]+:\/\//u, "")
        .replace(/\/$/u, "")
        .replace(/\.git$/u, "");
    default:
      return name;
  }
}
