import type { Distro, Purl } from "@pratique/core";

/** What tools call distributions, and what os-release calls them. */
const IDS: ReadonlyMap<string, string> = new Map([
  ["alma", "almalinux"],
  ["alpine linux", "alpine"],
  ["amazon", "amzn"],
  ["amazon linux", "amzn"],
  ["cbl-mariner", "mariner"],
  ["centos linux", "centos"],
  ["debian gnu/linux", "debian"],
  ["opensuse", "opensuse-leap"],
  ["opensuse.leap", "opensuse-leap"],
  ["opensuse leap", "opensuse-leap"],
  ["oracle", "ol"],
  ["oracle linux server", "ol"],
  ["oraclelinux", "ol"],
  ["red hat enterprise linux", "rhel"],
  ["redhat", "rhel"],
  ["rocky linux", "rocky"],
  ["suse", "sles"],
  ["suse linux enterprise server", "sles"],
]);

/** Releases that purls name by a word (purl-spec, "deb": `distro=jessie`). */
const CODENAMES: ReadonlyMap<string, readonly [id: string, version: string]> = new Map([
  ["squeeze", ["debian", "6"]],
  ["wheezy", ["debian", "7"]],
  ["jessie", ["debian", "8"]],
  ["stretch", ["debian", "9"]],
  ["buster", ["debian", "10"]],
  ["bullseye", ["debian", "11"]],
  ["bookworm", ["debian", "12"]],
  ["trixie", ["debian", "13"]],
  ["forky", ["debian", "14"]],
  ["trusty", ["ubuntu", "14.04"]],
  ["xenial", ["ubuntu", "16.04"]],
  ["bionic", ["ubuntu", "18.04"]],
  ["focal", ["ubuntu", "20.04"]],
  ["jammy", ["ubuntu", "22.04"]],
  ["noble", ["ubuntu", "24.04"]],
]);

/** The `ID` of os-release for a name of a distribution. */
export function distroId(name: string): string {
  const lower = name.toLowerCase();
  return IDS.get(lower) ?? lower;
}

/** Distributions that roll, by type and namespace: as there are no releases, the namespace says all. */
const ROLLING: ReadonlySet<string> = new Set(["alpm/arch", "apk/chainguard", "apk/wolfi"]);

/**
 * The distribution that a package URL names in its qualifier: `debian-12.5`, `debian-bookworm`, `bookworm`, or
 * `3.16.0` alone, which is of the distribution in the namespace. Without one the namespace names a distribution that has no
 * releases. Undefined where none is named.
 */
export function distroOfPurl({ type, namespace, qualifiers }: Purl): Distro | undefined {
  const text = qualifiers.distro?.trim();
  if (text === undefined || text === "") {
    return namespace !== undefined && ROLLING.has(`${type}/${namespace}`)
      ? { id: namespace, version: "" }
      : undefined;
  }
  if (isDigit(text, 0)) {
    return namespace === undefined ? undefined : { id: distroId(namespace), version: text };
  }
  for (let dash = text.indexOf("-"); dash > 0; dash = text.indexOf("-", dash + 1)) {
    if (isDigit(text, dash + 1)) return { id: distroId(text.slice(0, dash)), version: text.slice(dash + 1) };
  }
  const codename = text.slice(text.lastIndexOf("-") + 1).toLowerCase();
  const release = CODENAMES.get(codename);
  if (release !== undefined) return { id: release[0], version: release[1], codename };
  return { id: distroId(text), version: "" };
}

/** Whether one says the same release as the other, perhaps more exactly: `debian 12` and `debian 12.5`. */
export function isSameRelease(left: Distro, right: Distro): boolean {
  if (left.id !== right.id) return false;
  const [short = "", long = ""] = [left.version, right.version].sort((a, b) => a.length - b.length);
  return short === "" || short === long || (long.startsWith(short) && !isDigit(long, short.length));
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 0x30 && code <= 0x39;
}
