import type { LocatedFile } from "@pratique/archive";
import { messageOf, type Severity } from "@pratique/core";
import { readText } from "../../location/read-text.ts";
import type { AdvisorySink, Provider } from "../source-reader.ts";
import { ubuntuEcosystem, ubuntuSeverity } from "../ubuntu-releases.ts";
import { meaningOf } from "./meaning.ts";
import { parseJson } from "./parse-json.ts";
import { parseText } from "./parse-text.ts";
import type { Statement, TrackedCve } from "./tracked-cve.ts";

/**
 * Ubuntu's CVE tracker: one file for each CVE, with a line for each package and release. It is read from a copy of the
 * repository (https://git.launchpad.net/ubuntu-cve-tracker, `active` and `retired`), or as the same in JSON.
 */
export const ubuntuTracker: Provider = {
  name: "ubuntu-tracker",
  version: 1,
  feeds: [],
  wants: (path) => /(?:^|\/)CVE-\d{4}-\w+(?:\.json)?$/u.test(path),
  read,
};

async function read(file: LocatedFile, sink: AdvisorySink): Promise<void> {
  const text = await readText(file);
  let cve: TrackedCve | undefined;
  try {
    cve = text.trimStart().startsWith("{") ? parseJson(text) : parseText(text);
  } catch (thrown) {
    sink.malformed(file.path, messageOf(thrown));
    return;
  }
  if (cve === undefined) {
    sink.malformed(file.path, "expected the record of a CVE");
    return;
  }
  sink.entry();
  for (const statement of cve.statements) readStatement(statement, cve, { sink, where: file.path });
  const { id, description, published } = cve;
  const severity = ubuntuSeverity(cve.priority);
  sink.details({
    id,
    ...(description === undefined ? {} : { description }),
    ...(published === undefined ? {} : { published }),
    ...(severity === "unknown" ? {} : { severity }),
    urls: [`https://ubuntu.com/security/${id}`],
  });
}

interface Place {
  readonly sink: AdvisorySink;
  readonly where: string;
}

function readStatement(statement: Statement, cve: TrackedCve, { sink, where }: Place): void {
  const ecosystem = ubuntuEcosystem(statement.release);
  if (ecosystem === "none") return;
  const place = `${where}: ${statement.release} ${statement.package}`;
  if (ecosystem === undefined) {
    sink.malformed(place, "unknown release");
    return;
  }
  const meaning = meaningOf(statement);
  if (meaning === undefined) return;
  if (meaning.doubt !== undefined) sink.malformed(place, meaning.doubt);
  sink.advisory({
    id: cve.id,
    aliases: [],
    document: cve.id,
    ecosystem,
    package: statement.package,
    ranges: meaning.ranges,
    status: meaning.status,
    severity: severityOf(statement, cve),
    ...(meaning.note === undefined ? {} : { note: meaning.note }),
  });
}

/** The closest word counts: on the package in the release, on the package, on the CVE. */
function severityOf({ release, package: name }: Statement, { priorities, priority }: TrackedCve): Severity {
  return ubuntuSeverity(priorities.get(`${name}_${release}`) ?? priorities.get(name) ?? priority);
}
