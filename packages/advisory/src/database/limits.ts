import type { Advisory, VulnerabilityDetails } from "@pratique/core";
import { canonicalPackageName } from "../package-name.ts";

const MAX_NAME_LENGTH = 256;
const MAX_VERSION_LENGTH = 256;
const MAX_ALIASES = 64;
const MAX_ARCHITECTURES = 32;
const MAX_CHANNELS = 64;
const MAX_RANGES = 2048;
const MAX_VERSIONS = 20_000;
const MAX_TITLE_LENGTH = 300;
const MAX_NOTE_LENGTH = 200;
const MAX_DESCRIPTION_LENGTH = 2000;
const MAX_URLS = 8;
const MAX_URL_LENGTH = 500;

/** Control characters and spaces have no place in a name or a version, and would reach terminals. */
const NAME = /^[^\p{C}\s]+$/u;

/** Says what is wrong with an advisory that a provider has read, or undefined where it can be kept. */
export function faultOf(advisory: Omit<Advisory, "source">): string | undefined {
  for (const [what, text] of [
    ["identifier", advisory.id],
    ["document", advisory.document],
    ["package name", advisory.package],
  ] as const) {
    if (!isName(text)) return `expected the ${what} to be a short word, found ${shown(text)}`;
  }
  // Ecosystems have spaces in their names: "Rocky Linux:9".
  if (!isName(advisory.ecosystem.replaceAll(" ", "-"))) return "expected the ecosystem to be a short word";
  if (advisory.aliases.length > MAX_ALIASES || !advisory.aliases.every(isName)) {
    return "expected a few short aliases";
  }
  return faultInBuilds(advisory) ?? faultInVersions(advisory);
}

function faultInBuilds({
  module,
  architectures = [],
  build,
  channels = [],
}: Omit<Advisory, "source">): string | undefined {
  if (channels.length > MAX_CHANNELS || !channels.every(isName)) return "expected a few short channels";
  if (architectures.length > MAX_ARCHITECTURES || !architectures.every(isName)) {
    return "expected a few short architectures";
  }
  if (module !== undefined && !isName(module)) return `expected a module, found ${shown(module)}`;
  if (build !== undefined && !isName(build)) return `expected a mark of builds, found ${shown(build)}`;
  return undefined;
}

function faultInVersions({ ranges, versions = [] }: Omit<Advisory, "source">): string | undefined {
  if (ranges.length > MAX_RANGES) return `expected at most ${MAX_RANGES} ranges`;
  if (versions.length > MAX_VERSIONS) return `expected at most ${MAX_VERSIONS} versions`;
  for (const { introduced, fixed, lastAffected } of ranges) {
    for (const version of [introduced, fixed, lastAffected]) {
      if (version !== undefined && !isVersion(version)) return `expected a version, found ${shown(version)}`;
    }
  }
  const bad = versions.find((version) => !isVersion(version));
  return bad === undefined ? undefined : `expected a version, found ${shown(bad)}`;
}

/** Puts the package's name in its canonical spelling, and cuts a note down to what a person reads. */
export function normalize<A extends Omit<Advisory, "source">>(advisory: A): A {
  const name = canonicalPackageName(advisory.ecosystem, advisory.package);
  const note = advisory.note === undefined ? undefined : cut(advisory.note, MAX_NOTE_LENGTH);
  if (name === advisory.package && note === advisory.note) return advisory;
  return { ...advisory, package: name, ...(note === undefined ? {} : { note }) };
}

/** Cuts details down to what a person reads, without control characters. */
export function boundDetails(details: VulnerabilityDetails): VulnerabilityDetails {
  const urls = details.urls?.filter(
    (url) => url.length <= MAX_URL_LENGTH && /^https?:\/\/[^\s\p{C}]+$/u.test(url),
  );
  return {
    id: details.id,
    ...(details.title === undefined ? {} : { title: cut(details.title, MAX_TITLE_LENGTH) }),
    ...(details.description === undefined
      ? {}
      : { description: cut(details.description, MAX_DESCRIPTION_LENGTH) }),
    ...(details.severity === undefined ? {} : { severity: details.severity }),
    ...(details.published === undefined ? {} : { published: cut(details.published, 40) }),
    ...(urls === undefined || urls.length === 0 ? {} : { urls: urls.slice(0, MAX_URLS) }),
    ...(details.standing === undefined ? {} : { standing: details.standing }),
  };
}

export function isName(text: string): boolean {
  return text.length <= MAX_NAME_LENGTH && NAME.test(text);
}

function isVersion(text: string): boolean {
  return text.length <= MAX_VERSION_LENGTH && NAME.test(text);
}

function cut(text: string, length: number): string {
  // Twice as much is looked at, so that what is taken out seldom hides that there was more.
  const clean = text.slice(0, 2 * length).replace(/[^\P{C}\n\t]/gu, "");
  return clean.length <= length ? clean : `${clean.slice(0, length - 1).toWellFormed()}…`;
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}
