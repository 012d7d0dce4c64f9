import type { Distro } from "./distro.ts";

declare const brand: unique symbol;

/**
 * A namespace of package names in which advisories are written, spelt as the OSV schema spells it:
 * `Debian:12`, `Alpine:v3.20`, `npm`, `PyPI`, `Go`.
 */
export type Ecosystem = string & { readonly [brand]: "Ecosystem" };

/** Takes an OSV ecosystem as it is written in the schema. */
export function ecosystem(text: string): Ecosystem {
  return text as Ecosystem;
}

/**
 * The ecosystem in which the packages of a distribution are judged, or undefined where Pratique does not
 * know the distribution: its packages are then unassessed.
 */
export function ecosystemOfDistro(distro: Distro): Ecosystem | undefined {
  switch (distro.id) {
    case "debian":
      return releaseOf("Debian", /^(?<release>\d+)/u, distro.version);
    case "alpine":
      return releaseOf("Alpine", /^(?<release>\d+\.\d+)/u, distro.version, "v");
    case "ubuntu":
      return releaseOf("Ubuntu", /^(?<release>\d+\.\d+)/u, distro.version);
    default:
      return undefined;
  }
}

function releaseOf(name: string, pattern: RegExp, version: string, prefix = ""): Ecosystem | undefined {
  const release = pattern.exec(version)?.groups?.release;
  return release === undefined ? undefined : ecosystem(`${name}:${prefix}${release}`);
}
