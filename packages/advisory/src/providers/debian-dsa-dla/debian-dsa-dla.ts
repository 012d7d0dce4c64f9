import type { LocatedFile } from "@pratique/archive";
import type { FindingStatus, VersionRange } from "@pratique/core";
import { AdvisoryError } from "../../errors.ts";
import { readLines } from "../../location/lines.ts";
import { debianEcosystem } from "../debian-releases.ts";
import type { AdvisorySink, Provider } from "../source-reader.ts";

/**
 * The lists of Debian Security Advisories and of Debian LTS Advisories, as the security tracker keeps them in
 * `data/DSA/list` and `data/DLA/list`. They name fixes only: what has no advisory is not in them.
 */
export const debianDsaDla: Provider = {
  name: "debian-dsa-dla",
  version: 1,
  feeds: [],
  wants: (path) => /(?:^|\/)(?:DSA|DLA)(?:\/list)?(?:\.[^/]*)?$/u.test(path),
  read,
};

/** `[12 Feb 2025] DSA-5865-1 webkit2gtk - security update` */
const HEADING =
  /^\[(?<day>\d{1,2}) (?<month>[A-Z][a-z]{2}) (?<year>\d{4})\] (?<document>D[SL]A-\d+(?:-\d+)?)(?:\s+(?<title>|\S.*))?$/u;

/** `[bookworm] - webkit2gtk 2.46.6-1~deb12u1`, or a state in angle brackets; a remark in parentheses may follow. */
const RELEASE_LINE =
  /^\[(?<codename>[a-z]+)\]\s+-\s+(?<package>[a-z0-9][a-z0-9+.-]*)\s+(?:<(?<state>[a-z-]+)>|(?<version>[^\s<(]+))(?:\s+\(.*)?$/u;

const CVE = /^CVE-\d{4}-\d{4,}$/u;

/** Updates that repair something other than a vulnerability; without a CVE they are none. */
const NOT_A_VULNERABILITY =
  /regression|database|time ?zone|bug ?fix|new upstream|announcement|end[- ]of[- ]life|notice| - update$/iu;

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

interface ReleaseEntry {
  readonly codename: string;
  readonly package: string;
  readonly version?: string;
  readonly state?: string;
}

interface Block {
  readonly document: string;
  readonly title: string;
  readonly published: string | undefined;
  readonly cves: string[];
  readonly entries: ReleaseEntry[];
}

async function read(file: LocatedFile, sink: AdvisorySink): Promise<void> {
  let block: Block | undefined;
  let lineNumber = 0;
  let strayLines = 0;
  for await (const line of readLines(file)) {
    lineNumber += 1;
    const where = `${file.path}:${lineNumber}`;
    if (line.startsWith("[")) {
      if (block !== undefined) emit(block, sink, file.path);
      block = readHeading(line);
      if (block === undefined) sink.malformed(where, `expected a heading, found ${JSON.stringify(line)}`);
      else sink.entry();
    } else if (line.trim() !== "") {
      if (block === undefined) strayLines += 1;
      else readBodyLine(line.trim(), { block, sink, where });
    }
  }
  if (block !== undefined) emit(block, sink, file.path);
  else if (strayLines > 0) {
    throw new AdvisoryError("SOURCE_DAMAGED", `${JSON.stringify(file.path)} is not a list of DSAs or DLAs`);
  }
}

function readHeading(line: string): Block | undefined {
  const groups = HEADING.exec(line)?.groups;
  if (groups?.document === undefined) return undefined;
  const month = MONTHS.indexOf(groups.month ?? "") + 1;
  const published =
    month === 0
      ? undefined
      : `${groups.year}-${String(month).padStart(2, "0")}-${(groups.day ?? "").padStart(2, "0")}T00:00:00Z`;
  return { document: groups.document, title: groups.title ?? "", published, cves: [], entries: [] };
}

function readBodyLine(
  line: string,
  { block, sink, where }: { block: Block; sink: AdvisorySink; where: string },
): void {
  if (line.startsWith("NOTE:")) return;
  if (line.startsWith("{") && line.endsWith("}")) {
    for (const id of line.slice(1, -1).split(/\s+/u)) {
      if (CVE.test(id)) block.cves.push(id);
      else if (id !== "") sink.malformed(where, `expected a CVE, found ${JSON.stringify(id)}`);
    }
    return;
  }
  const groups = RELEASE_LINE.exec(line)?.groups;
  if (groups?.codename === undefined || groups.package === undefined) {
    sink.malformed(where, `expected a release, found ${JSON.stringify(line)}`);
    return;
  }
  block.entries.push({
    codename: groups.codename,
    package: groups.package,
    ...(groups.version === undefined ? {} : { version: groups.version }),
    ...(groups.state === undefined ? {} : { state: groups.state }),
  });
}

function emit(block: Block, sink: AdvisorySink, path: string): void {
  const { document, title, cves } = block;
  if (cves.length === 0 && NOT_A_VULNERABILITY.test(title)) {
    sink.ignored(`${path}: ${document}`, "names no vulnerability");
    return;
  }
  for (const entry of block.entries) {
    const ecosystem = debianEcosystem(entry.codename);
    const says = meaningOf(entry);
    if (ecosystem === undefined || says === undefined) {
      const found = ecosystem === undefined ? entry.codename : entry.state;
      sink.malformed(`${path}: ${document}`, `unknown release or state ${JSON.stringify(found)}`);
      continue;
    }
    for (const id of cves.length === 0 ? [document] : cves) {
      sink.advisory({
        id,
        aliases: [],
        document,
        ecosystem,
        package: entry.package,
        severity: "unknown",
        ...says,
      });
    }
  }
  sink.details({
    id: document,
    title,
    ...(block.published === undefined ? {} : { published: block.published }),
    urls: [`https://security-tracker.debian.org/tracker/${document}`],
  });
}

const EVERY_VERSION: readonly VersionRange[] = [{}];

function meaningOf({
  version,
  state,
}: ReleaseEntry): { ranges: readonly VersionRange[]; status: FindingStatus } | undefined {
  if (version !== undefined) return { ranges: [{ fixed: version }], status: "fixed" };
  switch (state) {
    case "not-affected":
      return { ranges: [], status: "affected" };
    case "unfixed":
    case "no-dsa":
      return { ranges: EVERY_VERSION, status: "affected" };
    case "ignored":
      return { ranges: EVERY_VERSION, status: "will-not-fix" };
    case "postponed":
      return { ranges: EVERY_VERSION, status: "fix-deferred" };
    case "end-of-life":
      return { ranges: EVERY_VERSION, status: "end-of-life" };
    case "undetermined":
      return { ranges: EVERY_VERSION, status: "under-investigation" };
    default:
      return undefined;
  }
}
