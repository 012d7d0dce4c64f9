import type { Advisory, Severity, VulnerabilityDetails } from "@pratique/core";
import { type Fields, listOf, objectOf, textOf, textsOf } from "../../location/fields.ts";
import { canonicalEcosystem, canonicalPackageName } from "../../package-name.ts";
import { detailsFrom } from "../details.ts";
import type { AdvisorySink } from "../source-reader.ts";
import { detailsOfErratum, isOfErratum, readBuilds, vulnerabilitiesOf } from "./erratum.ts";
import { joinImports, readImports } from "./imports.ts";
import { readRanges } from "./ranges.ts";
import { type Rating, readRating } from "./rating.ts";

/** Reads one OSV record that may be anything, and gives one advisory for each package that it names. */
export function readRecord(value: unknown, where: string, sink: AdvisorySink): void {
  const record = objectOf(value);
  const document = textOf(record?.id);
  if (record === undefined || !("affected" in record || "modified" in record || "withdrawn" in record)) {
    sink.ignored(where, "not an OSV record");
    return;
  }
  if (document === undefined) {
    sink.malformed(where, "expected an id");
    return;
  }
  sink.entry();
  if (isPresent(record.withdrawn)) {
    sink.ignored(where, "withdrawn");
    return;
  }
  const names = namesOf(document, textsOf(record.aliases));
  const advisories = readAffected(record, { ...names, document });
  if (advisories.length === 0) {
    sink.ignored(where, "names no versions of a package");
    return;
  }
  const details = detailsOf(record, names.id, advisories[0]?.severity ?? "unknown");
  if (advisories.every(isOfErratum)) giveErratum(advisories, { record, details, where }, sink);
  else {
    for (const advisory of advisories) sink.advisory(advisory);
    sink.details(details);
  }
}

interface Erratum {
  readonly record: Fields;
  readonly details: VulnerabilityDetails;
  readonly where: string;
}

/** An erratum names the vulnerabilities that an update closes, and is none itself: one advisory for each. */
function giveErratum(found: readonly Found[], { record, details, where }: Erratum, sink: AdvisorySink): void {
  const ids = found[0] === undefined ? [] : vulnerabilitiesOf(found[0], record);
  if (ids === undefined) {
    sink.malformed(where, "expected fewer vulnerabilities");
    return;
  }
  if (ids.length === 0) sink.ignored(where, "names no vulnerability");
  const builds = found.flatMap((one) => readBuilds(one, record));
  for (const id of ids) {
    for (const build of builds) sink.advisory({ ...build, id, aliases: [] });
    sink.details(id === details.id ? details : detailsOfErratum(details, id));
  }
}

interface Names {
  readonly id: string;
  readonly aliases: readonly string[];
}

const CVE = /^CVE-\d{4}-\d{4,}$/u;
/** Distributions name their view of a CVE after it: `DEBIAN-CVE-2024-3094`. */
const VIEW_OF_CVE = /^[A-Z]+-(CVE-\d{4}-\d{4,})$/u;

/** The CVE becomes the identifier, and the record's own id an alias. Upstream and related ids are neither. */
function namesOf(document: string, aliases: readonly string[]): Names {
  const known = [document, ...aliases];
  const id = known.find((name) => CVE.test(name)) ?? VIEW_OF_CVE.exec(document)?.[1] ?? document;
  return { id, aliases: [...new Set(known)].filter((name) => name !== id) };
}

type Found = Omit<Advisory, "source">;

/** One advisory per package: a record may name the same package several times, once for each stretch. */
function readAffected(record: Fields, names: Names & { document: string }): readonly Found[] {
  const byPackage = new Map<string, Found>();
  for (const item of listOf(record.affected)) {
    const affected = objectOf(item);
    const found = affected === undefined ? undefined : readPackage(affected, record, names);
    if (found === undefined) continue;
    const key = `${found.ecosystem}\n${found.package}`;
    const earlier = byPackage.get(key);
    byPackage.set(key, earlier === undefined ? found : merge(earlier, found));
  }
  return [...byPackage.values()];
}

function readPackage(
  affected: Fields,
  record: Fields,
  names: Names & { document: string },
): Found | undefined {
  const identity = objectOf(affected.package);
  const ecosystemName = textOf(identity?.ecosystem);
  const name = textOf(identity?.name);
  if (ecosystemName === undefined || name === undefined) return undefined;
  const ranges = readRanges(affected);
  const versions = textsOf(affected.versions);
  // Nothing left, as with commits only: saying so would mean "not affected".
  if (ranges.length === 0 && versions.length === 0) return undefined;
  const ecosystem = canonicalEcosystem(ecosystemName);
  const rating = ratingOf(affected, record, names.document);
  const imports = ecosystem === "Go" ? readImports(affected) : undefined;
  return {
    ...names,
    ecosystem,
    package: canonicalPackageName(ecosystem, name),
    ranges,
    ...(versions.length === 0 ? {} : { versions }),
    status: ranges.some(({ fixed }) => fixed !== undefined) ? "fixed" : "affected",
    severity: rating.severity,
    ...(rating.cvss === undefined ? {} : { cvss: rating.cvss }),
    ...(imports === undefined ? {} : { imports }),
  };
}

/** Whoever has installed a malicious package has run it: nothing is worse, whether the record says so or not. */
function ratingOf(affected: Fields, record: Fields, document: string): Rating {
  const rating = readRating(affected, record);
  return document.startsWith(MALICIOUS) ? { ...rating, severity: "critical" } : rating;
}

function merge(earlier: Found, later: Found): Found {
  const versions = [...new Set([...(earlier.versions ?? []), ...(later.versions ?? [])])];
  const { imports: _, ...rest } = earlier;
  const imports = joinImports(earlier.imports, later.imports);
  return {
    ...rest,
    ranges: [...earlier.ranges, ...later.ranges],
    ...(versions.length === 0 ? {} : { versions }),
    status: earlier.status === "fixed" ? "fixed" : later.status,
    ...(imports === undefined ? {} : { imports }),
  };
}

/** The prefix of OSV's records of malicious packages. */
const MALICIOUS = "MAL-";

function detailsOf(record: Fields, id: string, severity: Severity): VulnerabilityDetails {
  const title = textOf(record.summary);
  // There are some 200,000 of them, and their texts say little more than their titles.
  if (id.startsWith(MALICIOUS)) return { id, ...(title === undefined ? {} : { title }), severity };
  return detailsFrom(id, {
    title,
    description: record.details,
    severity,
    published: record.published,
    references: record.references,
  });
}

/** YAML without a schema reads an empty value as the word. */
function isPresent(value: unknown): boolean {
  return typeof value === "string" && value !== "" && value !== "null" && value !== "~";
}
