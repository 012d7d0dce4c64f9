import { type Ecosystem, ecosystem, type Severity, ubuntuProEcosystem } from "@pratique/core";

/** Ubuntu's release numbers by code name (https://wiki.ubuntu.com/Releases). */
const RELEASES: ReadonlyMap<string, string> = new Map([
  ["dapper", "6.06"],
  ["edgy", "6.10"],
  ["feisty", "7.04"],
  ["gutsy", "7.10"],
  ["hardy", "8.04"],
  ["intrepid", "8.10"],
  ["jaunty", "9.04"],
  ["karmic", "9.10"],
  ["lucid", "10.04"],
  ["maverick", "10.10"],
  ["natty", "11.04"],
  ["oneiric", "11.10"],
  ["precise", "12.04"],
  ["quantal", "12.10"],
  ["raring", "13.04"],
  ["saucy", "13.10"],
  ["trusty", "14.04"],
  ["utopic", "14.10"],
  ["vivid", "15.04"],
  ["wily", "15.10"],
  ["xenial", "16.04"],
  ["yakkety", "16.10"],
  ["zesty", "17.04"],
  ["artful", "17.10"],
  ["bionic", "18.04"],
  ["cosmic", "18.10"],
  ["disco", "19.04"],
  ["eoan", "19.10"],
  ["focal", "20.04"],
  ["groovy", "20.10"],
  ["hirsute", "21.04"],
  ["impish", "21.10"],
  ["jammy", "22.04"],
  ["kinetic", "22.10"],
  ["lunar", "23.04"],
  ["mantic", "23.10"],
  ["noble", "24.04"],
  ["oracular", "24.10"],
  ["plucky", "25.04"],
  ["questing", "25.10"],
  ["resolute", "26.04"],
]);

/** What stands where a release may stand, and is none that an image can be of. */
const NO_RELEASES: ReadonlySet<string> = new Set(["upstream", "devel", "product", "snap"]);

/**
 * The ecosystem of a release as Ubuntu's data name it: `jammy`; `esm-infra/xenial`, `fips-updates/focal`, and older
 * `trusty/esm` for those who subscribe. `none` for what no image is of, such as `upstream` or the track of a device;
 * undefined where nobody knows the name.
 */
export function ubuntuEcosystem(name: string): Ecosystem | "none" | undefined {
  const [first = "", second, more] = name.split("/");
  if (NO_RELEASES.has(first)) return "none";
  const release = RELEASES.get(first);
  if (second === undefined) return release === undefined ? undefined : ecosystem(`Ubuntu:${release}`);
  if (more !== undefined) return "none";
  if (release !== undefined) return second === "esm" ? proEcosystem("esm-infra", release) : "none";
  const subscribed = RELEASES.get(second);
  return subscribed === undefined ? undefined : proEcosystem(SERVICES.get(first) ?? first, subscribed);
}

/** Where the tracker calls a service otherwise than `pro status` does. */
const SERVICES: ReadonlyMap<string, string> = new Map([["realtime", "realtime-kernel"]]);

function proEcosystem(service: string, release: string): Ecosystem | "none" {
  return ubuntuProEcosystem(service, release) ?? "none";
}

/** Ubuntu's priorities (https://ubuntu.com/security/cves/about#priority). */
export function ubuntuSeverity(priority: string | undefined): Severity {
  switch (priority?.toLowerCase()) {
    case "critical":
      return "critical";
    case "high":
      return "high";
    case "medium":
      return "medium";
    case "low":
      return "low";
    case "negligible":
      return "negligible";
    default:
      return "unknown";
  }
}
