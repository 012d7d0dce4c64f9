import { type Ecosystem, ecosystem } from "@pratique/core";

/** Debian's release numbers by code name (https://wiki.debian.org/DebianReleases). */
const RELEASES: ReadonlyMap<string, string> = new Map([
  ["woody", "3.0"],
  ["sarge", "3.1"],
  ["etch", "4"],
  ["lenny", "5"],
  ["squeeze", "6"],
  ["wheezy", "7"],
  ["jessie", "8"],
  ["stretch", "9"],
  ["buster", "10"],
  ["bullseye", "11"],
  ["bookworm", "12"],
  ["trixie", "13"],
  ["forky", "14"],
  ["duke", "15"],
  ["sid", "sid"],
]);

/** The ecosystem of a Debian release, or undefined where the code name is not one. */
export function debianEcosystem(codename: string): Ecosystem | undefined {
  const release = RELEASES.get(codename);
  return release === undefined ? undefined : ecosystem(`Debian:${release}`);
}
