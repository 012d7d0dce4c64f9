import type { Ecosystem, Severity, VersionRange } from "@pratique/core";
import { ecosystem } from "@pratique/core";
import { type Fields, listOf, objectOf, textOf, textsOf } from "../../location/fields.ts";
import { canonicalEcosystem } from "../../package-name.ts";
import { type RatedVector, rateVector } from "../cvss.ts";
import type { AdvisorySink } from "../source-reader.ts";
import { ubuntuEcosystem, ubuntuSeverity } from "../ubuntu-releases.ts";

const VIEW = /^UBUNTU-(?<cve>CVE-\d{4}-\d{4,})$/u;
const CVE = /^(?:UBUNTU-)?(?<cve>CVE-\d{4}-\d{4,})$/u;
const NOTICE = /^USN-\d+-\d+$/u;

interface Place {
  readonly sink: AdvisorySink;
  readonly where: string;
}

/** Reads one record that may be anything, and gives an advisory for each CVE and package that it names. */
export function readRecord(value: unknown, where: string, sink: AdvisorySink): void {
  const record = objectOf(value);
  const document = textOf(record?.id);
  if (record === undefined || document === undefined) {
    sink.malformed(where, "expected a record with an id");
    return;
  }
  const view = VIEW.exec(document)?.groups?.cve;
  if (view === undefined && !NOTICE.test(document)) {
    sink.ignored(where, "neither a CVE nor a security notice of Ubuntu");
    return;
  }
  sink.entry();
  if (textOf(record.withdrawn) !== undefined) {
    sink.ignored(where, "withdrawn");
    return;
  }
  for (const item of listOf(record.affected)) {
    const affected = objectOf(item);
    if (affected === undefined) sink.malformed(where, "expected an affected package");
    else readAffected(affected, { record, document, view }, { sink, where });
  }
  const severity = ratingIn(record.severity).severity;
  const description = textOf(record.details);
  const published = textOf(record.published);
  sink.details({
    id: view ?? document,
    ...(description === undefined ? {} : { description }),
    ...(severity === "unknown" ? {} : { severity }),
    ...(published === undefined ? {} : { published }),
    urls: listOf(record.references)
      .map((reference) => textOf(objectOf(reference)?.url))
      .filter((url) => url !== undefined),
  });
}

interface Of {
  readonly record: Fields;
  readonly document: string;
  /** The CVE that the record is Ubuntu's view of; undefined for notices. */
  readonly view: string | undefined;
}

function readAffected(affected: Fields, { record, document, view }: Of, { sink, where }: Place): void {
  const identity = objectOf(affected.package);
  const name = textOf(identity?.name);
  const of = ecosystemOf(identity);
  if (name === undefined || of === undefined) {
    sink.malformed(where, `expected a package of Ubuntu, found ${JSON.stringify(identity) ?? "nothing"}`);
    return;
  }
  if (of === "none") return;
  const ranges = rangesOf(affected);
  // Nothing left: saying so would mean "not affected".
  if (ranges.length === 0) {
    sink.malformed(where, `expected ranges of versions of ${JSON.stringify(name)}`);
    return;
  }
  const status = ranges.some(({ fixed }) => fixed !== undefined) ? "fixed" : "affected";
  const vulnerabilities =
    view === undefined
      ? vulnerabilitiesOf(affected, record, document)
      : [{ id: view, ...ratingIn(record.severity) }];
  for (const vulnerability of vulnerabilities) {
    sink.advisory({
      ...vulnerability,
      aliases: [],
      // A view has no number of its own, whatever the schema demands.
      document: view ?? document,
      ecosystem: of,
      package: name,
      ranges,
      status,
    });
  }
}

/**
 * The package URL names the service whose subscribers get the fix, `distro=esm-apps/xenial`; the ecosystem, such as
 * `Ubuntu:Pro:16.04:LTS`, does not tell the services apart.
 */
function ecosystemOf(identity: Fields | undefined): Ecosystem | "none" | undefined {
  const given = textOf(identity?.ecosystem);
  if (given === undefined || !/^Ubuntu(?::|$)/u.test(given)) return undefined;
  const distro = /[?&]distro=(?<distro>[a-z0-9./-]+)/u.exec(textOf(identity?.purl) ?? "")?.groups?.distro;
  const told = distro === undefined ? undefined : ubuntuEcosystem(distro);
  if (told !== undefined) return told;
  const [, , release] = /^Ubuntu:(Pro:)?(\d+\.\d+)(?::LTS)?$/u.exec(given) ?? [];
  // Without a package URL nobody knows which subscription is meant: most fixes are of this one.
  return given.startsWith("Ubuntu:Pro:") && release !== undefined
    ? ecosystem(`Ubuntu:Pro:Infra:${release}`)
    : canonicalEcosystem(given);
}

function rangesOf(affected: Fields): readonly VersionRange[] {
  const ranges: VersionRange[] = [];
  for (const item of listOf(affected.ranges)) {
    const range = objectOf(item);
    if (range?.type === "ECOSYSTEM") ranges.push(...stretches(range.events));
  }
  return ranges;
}

/** Events stand in the order of versions: each beginning, then its end (OSV schema, "affected[].ranges[].events"). */
function stretches(events: unknown): readonly VersionRange[] {
  const ranges: VersionRange[] = [];
  let start: VersionRange | undefined;
  for (const item of listOf(events)) {
    const introduced = textOf(objectOf(item)?.introduced);
    const fixed = textOf(objectOf(item)?.fixed);
    const lastAffected = textOf(objectOf(item)?.last_affected);
    if (introduced !== undefined) {
      if (start !== undefined) ranges.push(start);
      start = introduced === "0" ? {} : { introduced };
    } else if (fixed !== undefined || lastAffected !== undefined) {
      ranges.push({ ...start, ...(fixed === undefined ? { lastAffected: lastAffected ?? "" } : { fixed }) });
      start = undefined;
    }
  }
  return start === undefined ? ranges : [...ranges, start];
}

interface Vulnerability {
  readonly id: string;
  readonly severity: Severity;
  readonly cvss?: string;
}

/** The CVEs that a notice mends in a package; the notice itself where it names none. */
function vulnerabilitiesOf(affected: Fields, record: Fields, document: string): readonly Vulnerability[] {
  const mapped = listOf(objectOf(objectOf(affected.database_specific)?.cves_map)?.cves)
    .map(objectOf)
    .flatMap((fields) => {
      const id = textOf(fields?.id);
      return id !== undefined && CVE.test(id) ? [{ id, ...ratingIn(fields?.severity) }] : [];
    });
  if (mapped.length > 0) return mapped;
  const upstream = [...textsOf(record.upstream), ...textsOf(record.aliases)]
    .map((name) => CVE.exec(name)?.groups?.cve)
    .filter((id) => id !== undefined);
  const ids = upstream.length > 0 ? [...new Set(upstream)] : [document];
  return ids.map((id) => ({ id, severity: "unknown" }));
}

/** Ubuntu's priority; a CVSS vector beside it is kept, and does not overrule it. */
function ratingIn(severity: unknown): { readonly severity: Severity; readonly cvss?: string } {
  let priority: string | undefined;
  let newest: RatedVector | undefined;
  for (const item of listOf(severity)) {
    const fields = objectOf(item);
    const score = textOf(fields?.score);
    if (fields?.type === "Ubuntu") priority = score;
    const rated = score === undefined ? undefined : rateVector(score);
    if (rated !== undefined && rated.version > (newest?.version ?? 0)) newest = rated;
  }
  return {
    severity: priority === undefined ? (newest?.severity ?? "unknown") : ubuntuSeverity(priority),
    ...(newest === undefined ? {} : { cvss: newest.vector }),
  };
}
