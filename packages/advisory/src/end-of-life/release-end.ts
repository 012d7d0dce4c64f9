import type { Distro } from "@pratique/core";

/** When a release of a distribution is given up. */
export interface ReleaseEnd {
  /** `ID` of os-release. */
  readonly distro: string;
  /** As far as it tells releases apart: `12`, `22.04`, `stream-9`. */
  readonly release: string;
  /** The last day with support for everybody, `YYYY-MM-DD`; absent where it has no end yet. */
  readonly ends?: string;
  /** The last day for those who subscribe, of Ubuntu. */
  readonly endsForSubscribers?: string;
}

const MAJOR = /^\d+/u;
const MINOR = /^\d+(?:\.\d+)?/u;

/** How much of a version tells releases apart that end by themselves. */
const RELEASES: ReadonlyMap<string, RegExp> = new Map([
  ["almalinux", MAJOR],
  ["alpine", MINOR],
  ["amzn", MAJOR],
  ["azurelinux", MINOR],
  ["centos", MAJOR],
  ["debian", MAJOR],
  ["fedora", MAJOR],
  ["mariner", MINOR],
  ["ol", MAJOR],
  ["opensuse-leap", MINOR],
  ["photon", MINOR],
  ["rhel", MAJOR],
  ["rocky", MAJOR],
  ["sles", MINOR],
  ["ubuntu", MINOR],
]);

/** The name of a release in {@link ReleaseEnd}; undefined where the version tells none. */
export function releaseName(distro: string, version: string): string | undefined {
  return RELEASES.get(distro)?.exec(version)?.[0];
}

/** The release of a root. The branch that Alpine's packages are from counts; `edge` has no end. */
export function releaseOf({ id, version, branch, name }: Distro): string | undefined {
  if (branch !== undefined) return releaseName(id, branch.replace(/^v/u, ""));
  const release = releaseName(id, version);
  const isStream = id === "centos" && name?.includes("Stream") === true;
  return isStream && release !== undefined ? `stream-${release}` : release;
}

/** The last day that counts for a root, which may be subscribed to more. */
export function endFor(end: ReleaseEnd, { services = [] }: Distro): string | undefined {
  const isSubscribed = services.some((service) => service.startsWith("esm-infra"));
  return isSubscribed ? (end.endsForSubscribers ?? end.ends) : end.ends;
}

/** Whether a text is a day, `YYYY-MM-DD`. */
export function isDay(text: string | undefined): text is string {
  return text !== undefined && /^\d{4}-\d{2}-\d{2}$/u.test(text) && !Number.isNaN(Date.parse(text));
}
