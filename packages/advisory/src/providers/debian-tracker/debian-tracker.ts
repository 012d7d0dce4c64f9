import type { LocatedFile } from "@pratique/archive";
import { type FindingStatus, messageOf, type Severity, type VersionRange } from "@pratique/core";
import { type Fields, objectOf, textOf } from "../../location/fields.ts";
import { readJsonMembers } from "../../location/json-members.ts";
import { debianEcosystem } from "../debian-releases.ts";
import type { AdvisorySink, Provider } from "../source-reader.ts";

/**
 * The state of every vulnerability in every source package of every supported release, as Debian's security
 * tracker serves it at `data/json`: source package → CVE → releases by code name.
 */
export const debianTracker: Provider = {
  name: "debian-tracker",
  version: 1,
  feeds: ["https://security-tracker.debian.org/tracker/data/json"],
  wants: (path) => /(?:^|\/)[^/]*\.json(?:\.[a-z0-9]+)?$/u.test(path),
  read,
};

/** Source package, then vulnerability: what lies below is a few hundred bytes. */
const DEPTH = 2;

interface Reading {
  readonly sink: AdvisorySink;
  readonly where: string;
  readonly package: string;
  readonly id: string;
  /** Vulnerabilities described already: the feed repeats the description with every package. */
  readonly described: Set<string>;
}

async function read(file: LocatedFile, sink: AdvisorySink): Promise<void> {
  const described = new Set<string>();
  for await (const { keys, text } of readJsonMembers(file, DEPTH)) {
    const [name = "", id = ""] = keys;
    readVulnerability(text, { sink, where: `${name} ${id}`, package: name, id, described });
  }
}

function readVulnerability(text: string, reading: Reading): void {
  const { sink, where, id } = reading;
  let record: Fields | undefined;
  try {
    record = objectOf(JSON.parse(text));
  } catch (thrown) {
    sink.malformed(where, messageOf(thrown));
    return;
  }
  const releases = objectOf(record?.releases);
  if (record === undefined || releases === undefined) {
    sink.malformed(where, "expected an object with releases");
    return;
  }
  sink.entry();
  for (const [codename, release] of Object.entries(releases)) {
    readRelease(codename, objectOf(release), reading);
  }
  const description = textOf(record.description);
  if (description !== undefined && !reading.described.has(id)) {
    reading.described.add(id);
    sink.details({ id, description, urls: [`https://security-tracker.debian.org/tracker/${id}`] });
  }
}

function readRelease(codename: string, release: Fields | undefined, reading: Reading): void {
  const { sink, where, id } = reading;
  const ecosystem = debianEcosystem(codename);
  const says = release === undefined ? undefined : meaningOf(release);
  if (ecosystem === undefined || says === undefined) {
    const found = ecosystem === undefined ? codename : release?.status;
    sink.malformed(`${where} ${codename}`, `unknown release or status ${JSON.stringify(found)}`);
    return;
  }
  sink.advisory({
    id,
    aliases: [],
    document: id,
    ecosystem,
    package: reading.package,
    severity: severityOf(release?.urgency),
    ...says,
  });
}

const NEVER_AFFECTED = "0";

function meaningOf(release: Fields): { ranges: readonly VersionRange[]; status: FindingStatus } | undefined {
  const fixed = textOf(release.fixed_version);
  switch (release.status) {
    case "resolved":
      if (fixed === undefined) return undefined;
      return fixed === NEVER_AFFECTED
        ? { ranges: [], status: "affected" }
        : { ranges: [{ fixed }], status: "fixed" };
    case "open":
      // A fix that has no package in the release yet is still no fix for those who run the release.
      return { ranges: [{}], status: openStatus(release) };
    case "undetermined":
      return { ranges: [{}], status: "under-investigation" };
    default:
      return undefined;
  }
}

function openStatus(release: Fields): FindingStatus {
  if (release.urgency === "end-of-life") return "end-of-life";
  switch (release.nodsa_reason) {
    case "ignored":
      return "will-not-fix";
    case "postponed":
      return "fix-deferred";
    default:
      return "affected";
  }
}

/** Debian's urgencies (https://security-team.debian.org/security_tracker.html); `high**` marks an automatic one. */
function severityOf(urgency: unknown): Severity {
  switch (textOf(urgency)?.replace(/(?<!\*)\*+$/u, "")) {
    case "high":
      return "high";
    case "medium":
      return "medium";
    case "low":
      return "low";
    case "unimportant":
      return "negligible";
    default:
      return "unknown";
  }
}
