import type { LocatedFile } from "@pratique/archive";
import { ecosystem, messageOf, type Severity, type Standing } from "@pratique/core";
import { type Fields, listOf, objectOf, textOf, textsOf } from "../../location/fields.ts";
import { readJsonItems } from "../../location/json-items.ts";
import { readJson } from "../../location/read-json.ts";
import { type RatedVector, rateVector } from "../cvss.ts";
import { detailsFrom } from "../details.ts";
import type { AdvisorySink, Provider } from "../source-reader.ts";
import { type AffectedProgram, readConfigurations } from "./configurations.ts";

/** NVD has one feed for each year of identifiers, and puts all older ones into the first. */
const FIRST_YEAR = 2002;
/** The clock is not asked, as a feed that does not exist yet would fail in every update. */
const LAST_YEAR = 2026;
const YEARS = Array.from({ length: LAST_YEAR - FIRST_YEAR + 1 }, (_, index) => FIRST_YEAR + index);

/**
 * CVEs as the National Vulnerability Database has them (https://nvd.nist.gov/developers/vulnerabilities, CVE API 2.0): its
 * yearly feeds and answers, collections with one file for each CVE, and collections that mend its configurations. Kept is
 * what is said of programs that are compiled from source; all else is read elsewhere from those who make it.
 */
export const nvd: Provider = {
  name: "nvd",
  version: 3,
  feeds: [
    ...YEARS.map((year) => `https://nvd.nist.gov/feeds/json/cve/2.0/nvdcve-2.0-${year}.json.gz`),
    "https://github.com/anchore/nvd-data-overrides/archive/refs/heads/main.tar.gz",
  ],
  wants: (path) => ONE_CVE.test(path) || /(?:^|\/)nvdcve-2\.0-[^/]+\.json(?:\.[a-z0-9]+)?$/u.test(path),
  read,
};

const ONE_CVE = /(?:^|\/)(?<id>CVE-\d{4}-\d{4,})\.json(?:\.[a-z0-9]+)?$/u;

async function read(file: LocatedFile, sink: AdvisorySink): Promise<void> {
  const id = ONE_CVE.exec(file.path)?.groups?.id;
  if (id !== undefined) {
    const document = objectOf(await readJson(file)) ?? {};
    readCve(objectOf(document.cve) ?? document, { where: file.path, id, sink });
    return;
  }
  let number = 0;
  for await (const text of readJsonItems(file, "vulnerabilities")) {
    const where = `${file.path}[${number}]`;
    number += 1;
    const item = parse(text);
    if (typeof item === "string") sink.malformed(where, item);
    else readCve(objectOf(item.cve) ?? {}, { where, id: undefined, sink });
  }
}

function parse(text: string): Fields | string {
  try {
    return objectOf(JSON.parse(text)) ?? "expected an object";
  } catch (thrown) {
    return messageOf(thrown);
  }
}

interface Reading {
  readonly where: string;
  /** As the name of the file says. */
  readonly id: string | undefined;
  readonly sink: AdvisorySink;
}

function readCve(cve: Fields, { where, id: named, sink }: Reading): void {
  const id = textOf(cve.id) ?? named;
  if (id === undefined || !/^CVE-\d{4}-\d{4,}$/u.test(id)) {
    sink.malformed(where, "expected a CVE");
    return;
  }
  sink.entry();
  // What others say of it goes by the same name.
  const standing = standingOf(cve);
  if (standing === "rejected") {
    sink.ignored(where, "rejected");
    sink.details({ id, standing });
    return;
  }
  const affected = readConfigurations(cve.configurations);
  if (affected.length === 0) {
    sink.ignored(where, "names no version of a known program");
    if (standing !== undefined) sink.details({ id, standing });
    return;
  }
  const rating = newestRating(cve.metrics);
  for (const program of affected)
    sink.advisory(advisoryOf(id, program, { rating, disputed: standing === "disputed" }));
  const details = detailsOf(id, cve, rating?.severity ?? "unknown");
  sink.details(standing === undefined ? details : { ...details, standing });
}

interface Context {
  readonly rating: RatedVector | undefined;
  readonly disputed: boolean;
}

function advisoryOf(
  id: string,
  { name, ranges, versions, doubt }: AffectedProgram,
  { rating, disputed }: Context,
): Parameters<AdvisorySink["advisory"]>[0] {
  const note = doubt ?? (disputed ? "disputed, says NVD" : undefined);
  return {
    id,
    aliases: [],
    document: id,
    ecosystem: ecosystem("NVD"),
    package: name,
    ranges,
    ...(versions.length > 0 && { versions }),
    status: ranges.some(({ fixed }) => fixed !== undefined) ? "fixed" : "affected",
    severity: rating?.severity ?? "unknown",
    ...(rating !== undefined && { cvss: rating.vector }),
    ...(note !== undefined && { doubtful: true, note }),
  };
}

function standingOf({ vulnStatus, cveTags }: Fields): Standing | undefined {
  if (vulnStatus === "Rejected") return "rejected";
  const isDisputed = listOf(cveTags).some((one) => textsOf(objectOf(one)?.tags).includes("disputed"));
  return isDisputed ? "disputed" : undefined;
}

function newestRating(metrics: unknown): RatedVector | undefined {
  const fields = objectOf(metrics) ?? {};
  for (const key of ["cvssMetricV40", "cvssMetricV31", "cvssMetricV30", "cvssMetricV2"]) {
    for (const metric of listOf(fields[key])) {
      const vector = textOf(objectOf(objectOf(metric)?.cvssData)?.vectorString);
      const rated = vector === undefined ? undefined : rateVector(vector);
      if (rated !== undefined) return rated;
    }
  }
  return undefined;
}

function detailsOf(id: string, cve: Fields, severity: Severity) {
  const english = listOf(cve.descriptions).find((one) => objectOf(one)?.lang === "en");
  return detailsFrom(id, {
    title: undefined,
    description: objectOf(english)?.value,
    severity,
    published: cve.published,
    references: cve.references,
  });
}
