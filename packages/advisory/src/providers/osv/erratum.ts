import type { Advisory, Severity, VersionRange, VulnerabilityDetails } from "@pratique/core";
import { isModularBuild, schemeOf, type VersionScheme } from "@pratique/versioning";
import { type Fields, textOf, textsOf } from "../../location/fields.ts";
import { severityOfWord } from "../severity-word.ts";

type Found = Omit<Advisory, "source">;

/** The kernel of a minor release closes a thousand at once. */
const MAX_VULNERABILITIES = 4096;
const MAX_STREAMS = 8;

/** Whether an advisory is one of a distribution that packs RPMs, which writes errata. */
export function isOfErratum({ ecosystem }: Found): boolean {
  return schemeOf(ecosystem)?.name === "rpm";
}

/** The names of an erratum that are the same for all its packages. */
export interface ErratumNames {
  readonly id: string;
  readonly document: string;
}

/**
 * Every CVE that an erratum (`ALSA-2022:0350`, `RLSA-…`) names, whichever member the source puts it in (OSV schema,
 * "upstream", "related"); the erratum itself where it names none, and nothing where it is about bugs alone. Undefined
 * where it names more than anybody closes at once.
 */
export function vulnerabilitiesOf(
  { id, document }: ErratumNames,
  record: Fields,
): readonly string[] | undefined {
  if (id === document && CVE.test(id)) return [id];
  const named = [record.aliases, record.upstream, record.related].flatMap(textsOf);
  const cves = new Set([id, ...named].filter((name) => CVE.test(name)));
  if (cves.size > MAX_VULNERABILITIES) return undefined;
  if (cves.size > 0) return [...cves];
  return NO_SECURITY.test(document) ? [] : [document];
}

/**
 * What an erratum says of one package: an advisory for each build. Only the summary tells of which module the packages
 * are (`Moderate: nodejs:14 security update`), and how bad it is.
 */
export function readBuilds(found: Found, record: Fields): readonly Found[] {
  const summary = textOf(record.summary) ?? "";
  const severity = found.severity === "unknown" ? severityIn(summary) : found.severity;
  return buildsOf(found, streamsIn(summary)).map((build) => ({ ...found, ...build, severity }));
}

/** An erratum's text speaks of all that it closes, and weighs all of it together: not of one vulnerability. */
export function detailsOfErratum({ title, urls }: VulnerabilityDetails, id: string): VulnerabilityDetails {
  return { id, ...(title !== undefined && { title }), ...(urls !== undefined && { urls }) };
}

const CVE = /^CVE-\d{4}-\d{4,}$/u;
/** `ALBA`, `RLEA`, `RHBA`; `SUSE-RU`, `SUSE-FU` and `SUSE-OU`: bugs, enhancements, recommendations. */
const NO_SECURITY = /^(?:[A-Z]{2}[BE]A-|(?:open)?SUSE-[RFO]U-)/u;

function severityIn(summary: string): Severity {
  const colon = summary.indexOf(": ");
  return (colon < 0 ? undefined : severityOfWord(summary.slice(0, colon))) ?? "unknown";
}

/** `nodejs:14`, or both of `mariadb:10.3 and mariadb-devel:10.3`; each once. */
function streamsIn(summary: string): readonly string[] {
  const words = summary.split(/[\s,]+/u).filter((word) => /^[\w.+-]+:[\w.+-]+$/u.test(word));
  return [...new Set(words)].filter((word) => !/^[A-Z]{4}-\d{4}:/u.test(word)).slice(0, MAX_STREAMS);
}

type Build = Pick<Found, "ranges" | "module">;

/** Builds of a module apart from those outside, and a build of each stream that is named. */
function buildsOf(found: Found, streams: readonly string[]): readonly Build[] {
  const scheme = schemeOf(found.ecosystem);
  const modular = found.ranges.filter(isOfModule);
  const others = found.ranges.filter((range) => !isOfModule(range));
  const builds: Build[] = [];
  if (others.length > 0 || modular.length === 0) builds.push({ ranges: lowestFix(others, scheme) });
  if (modular.length === 0) return builds;
  const ranges = lowestFix(modular, scheme);
  return builds.concat(streams.length === 0 ? [{ ranges }] : streams.map((module) => ({ module, ranges })));
}

function isOfModule({ fixed = "" }: VersionRange): boolean {
  return isModularBuild(fixed);
}

/**
 * An erratum lists every build that it came out as, such as one for each architecture, and each has the fix: whoever
 * has the lowest has it.
 */
function lowestFix(
  ranges: readonly VersionRange[],
  scheme: VersionScheme | undefined,
): readonly VersionRange[] {
  let lowest: string | undefined;
  for (const { introduced, fixed, lastAffected } of ranges) {
    if (introduced !== undefined || lastAffected !== undefined || fixed === undefined) return ranges;
    if (scheme?.isValid(fixed) !== true) return ranges;
    if (lowest === undefined || scheme.compare(fixed, lowest) < 0) lowest = fixed;
  }
  return lowest === undefined ? ranges : [{ fixed: lowest }];
}
