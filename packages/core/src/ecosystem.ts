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
      return alpineBranch(distro);
    case "ubuntu":
      return releaseOf("Ubuntu", /^(?<release>\d+\.\d+)/u, distro.version);
    case "almalinux":
      return releaseOf("AlmaLinux", MAJOR, distro.version);
    case "rocky":
      return releaseOf("Rocky Linux", MAJOR, distro.version);
    case "rhel":
      return releaseOf("Red Hat", MAJOR, distro.version);
    case "centos":
      // CentOS Linux, which was rebuilt from RHEL and ended with 8; CentOS Stream comes before RHEL.
      return distro.name?.includes("Stream") === true
        ? undefined
        : releaseOf("Red Hat", /^(?<release>[5-8])(?:\.|$)/u, distro.version);
    case "ol":
      return releaseOf("Oracle Linux", MAJOR, distro.version);
    case "amzn":
      return releaseOf("Amazon Linux", /^(?<release>\d+)/u, distro.version);
    case "fedora":
      return releaseOf("Fedora", MAJOR, distro.version);
    case "photon":
      return releaseOf("Photon OS", /^(?<release>\d+\.\d+)/u, distro.version);
    case "sles":
      return releaseOf("SUSE", /^(?<release>\d+(?:\.\d+)?)/u, distro.version);
    case "opensuse-leap":
      return releaseOf("openSUSE", /^(?<release>\d+\.\d+)/u, distro.version);
    case "azurelinux":
    case "mariner":
      return releaseOf("Azure Linux", MAJOR, distro.version);
    case "arch":
      // It rolls: there are no releases.
      return ecosystem("Arch Linux");
    case "wolfi":
      return ecosystem("Wolfi");
    case "chainguard":
      return ecosystem("Chainguard");
    default:
      return undefined;
  }
}

/** What is to become the next release is `3.21.0_alpha20240923` in os-release, and the branch `edge`. */
function alpineBranch({ version, branch }: Distro): Ecosystem | undefined {
  if (branch !== undefined) return ecosystem(`Alpine:${branch}`);
  if (/^\d+\.\d+\.\d+_alpha/u.test(version)) return ecosystem("Alpine:edge");
  return releaseOf("Alpine", /^(?<release>\d+\.\d+)/u, version, "v");
}

const MAJOR = /^(?<release>\d+)/u;

function releaseOf(name: string, pattern: RegExp, version: string, prefix = ""): Ecosystem | undefined {
  const release = pattern.exec(version)?.groups?.release;
  return release === undefined ? undefined : ecosystem(`${name}:${prefix}${release}`);
}
