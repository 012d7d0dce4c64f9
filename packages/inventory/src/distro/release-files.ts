import type { Distro } from "@pratique/core";
import { parseOsRelease } from "./os-release.ts";

/** A file, other than os-release, that tells the distribution. */
export interface ReleaseFile {
  /** Where it may lie; the first one that exists counts. */
  readonly paths: readonly string[];
  /** Whether it belongs to a distribution that os-release names, and so may make its version more complete. */
  readonly refines: (id: string) => boolean;
  readonly parse: (text: string) => Distro | undefined;
}

/** Lines such as `CentOS Linux release 7.9.2009 (Core)`, by how they begin. More special ones come first. */
const releaseLines: readonly (readonly [RegExp, string])[] = [
  [/^Red Hat Enterprise Linux/iu, "rhel"],
  [/^CentOS/iu, "centos"],
  [/^Rocky Linux/iu, "rocky"],
  [/^AlmaLinux/iu, "almalinux"],
  [/^Oracle Linux/iu, "ol"],
  [/^Fedora/iu, "fedora"],
  [/^Amazon Linux/iu, "amzn"],
  [/^openSUSE Leap/iu, "opensuse-leap"],
  [/^openSUSE/iu, "opensuse"],
  [/^SUSE Linux Enterprise/iu, "sles"],
  [/^VMware Photon/iu, "photon"],
  [/^CBL-Mariner/iu, "mariner"],
  [/^(?:Microsoft )?Azure Linux/iu, "azurelinux"],
];

/** In the order in which they are asked. */
export const releaseFiles: readonly ReleaseFile[] = [
  { paths: ["etc/alpine-release"], refines: (id) => id === "alpine", parse: parseAlpine },
  // Ubuntu has Debian's file as well, with the name of the Debian that it was made from.
  { paths: ["etc/lsb-release"], refines: (id) => id === "ubuntu", parse: parseLsb },
  { paths: ["etc/debian_version"], refines: (id) => id === "debian", parse: parseDebian },
  {
    paths: [
      "etc/oracle-release",
      "etc/rocky-release",
      "etc/almalinux-release",
      "etc/centos-release",
      "etc/fedora-release",
      "usr/lib/fedora-release",
      "etc/redhat-release",
      "etc/system-release",
      "usr/lib/system-release",
      "etc/SuSE-release",
      "etc/photon-release",
      "etc/mariner-release",
      "etc/azurelinux-release",
    ],
    refines: (id) => releaseLines.some(([, known]) => known === id),
    parse: parseReleaseLine,
  },
];

function parseAlpine(text: string): Distro | undefined {
  const version = firstLine(text);
  return /^\d/u.test(version) ? { id: "alpine", version, name: "Alpine Linux" } : undefined;
}

/** `12.5` in a release; `trixie/sid` in what is to become one, and has no version yet. */
function parseDebian(text: string): Distro | undefined {
  const line = firstLine(text);
  const name = "Debian GNU/Linux";
  if (/^\d+(?:\.\d+)*$/u.test(line)) return { id: "debian", version: line, name };
  const codename = /^(?<codename>[a-z]+)\/sid$/u.exec(line)?.groups?.codename;
  return codename === undefined ? undefined : { id: "debian", version: "", codename, name };
}

function parseLsb(text: string): Distro | undefined {
  const values = parseOsRelease(text);
  const id = values.get("DISTRIB_ID")?.toLowerCase();
  if (id === undefined || id === "") return undefined;
  const codename = values.get("DISTRIB_CODENAME");
  return { id, version: values.get("DISTRIB_RELEASE") ?? "", ...(codename && { codename }) };
}

function parseReleaseLine(text: string): Distro | undefined {
  const line = firstLine(text);
  const id = releaseLines.find(([pattern]) => pattern.test(line))?.[1];
  if (id === undefined) return undefined;
  return { id, version: suseVersion(text) ?? /\d+(?:\.\d+)*/u.exec(line)?.[0] ?? "", name: line };
}

/** SUSE writes the parts of its version on lines of their own. */
function suseVersion(text: string): string | undefined {
  const major = /^VERSION = (?<value>[\d.]+)/mu.exec(text)?.groups?.value;
  const minor = /^PATCHLEVEL = (?<value>\d+)/mu.exec(text)?.groups?.value;
  return major === undefined || minor === undefined ? major : `${major}.${minor}`;
}

function firstLine(text: string): string {
  return (text.split("\n", 1)[0] ?? "").trim();
}
