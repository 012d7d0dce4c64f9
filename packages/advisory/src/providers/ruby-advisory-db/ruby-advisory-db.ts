import type { LocatedFile } from "@pratique/archive";
import { ecosystem, type Severity, severityOfScore } from "@pratique/core";
import { type Fields, textOf, textsOf } from "../../location/fields.ts";
import { readText } from "../../location/read-text.ts";
import { readYamlFields } from "../read-yaml.ts";
import type { AdvisorySink, Provider } from "../source-reader.ts";
import { rangesOutside } from "./safe-versions.ts";

/**
 * The advisories of rubysec (https://github.com/rubysec/ruby-advisory-db): a file for each vulnerability of a gem, which
 * lists the versions that are safe. Those about Ruby itself are passed over: it is no gem.
 */
export const rubyAdvisoryDb: Provider = {
  name: "ruby-advisory-db",
  version: 1,
  feeds: [],
  wants: (path) => /(?:^|\/)(?:gems|rubies)\/[^/]+\/[^/]+\.yml$/u.test(path),
  read,
};

async function read(file: LocatedFile, sink: AdvisorySink): Promise<void> {
  const fields = readYamlFields(await readText(file));
  if (typeof fields === "string") {
    sink.malformed(file.path, fields);
    return;
  }
  const name = textOf(fields.gem);
  if (name === undefined) {
    if (textOf(fields.engine) === undefined) sink.malformed(file.path, "expected the name of a gem");
    else {
      sink.entry();
      sink.ignored(file.path, "about Ruby itself, which is no gem");
    }
    return;
  }
  sink.entry();
  readGem(name, fields, file.path, sink);
}

function readGem(name: string, fields: Fields, where: string, sink: AdvisorySink): void {
  const [id, ...aliases] = identifiersOf(fields);
  if (id === undefined) {
    sink.malformed(where, "expected a CVE, a GHSA or an OSVDB number");
    return;
  }
  const ranges = rangesOutside([...textsOf(fields.patched_versions), ...textsOf(fields.unaffected_versions)]);
  if (ranges === undefined) {
    sink.malformed(where, "expected requirements of RubyGems");
    return;
  }
  if (ranges.length === 0) {
    sink.ignored(where, "calls every version safe");
    return;
  }
  const severity = severityOf(fields);
  sink.advisory({
    id,
    aliases,
    document: id,
    ecosystem: ecosystem("RubyGems"),
    package: name,
    ranges,
    status: ranges.some(({ fixed }) => fixed !== undefined) ? "fixed" : "affected",
    severity,
  });
  const title = textOf(fields.title);
  const description = textOf(fields.description);
  const published = textOf(fields.date);
  const url = textOf(fields.url);
  sink.details({
    id,
    ...(title !== undefined && { title }),
    ...(description !== undefined && { description }),
    ...(severity !== "unknown" && { severity }),
    ...(published !== undefined && { published }),
    ...(url !== undefined && { urls: [url] }),
  });
}

/** The numbers stand without the names of their schemes. */
function identifiersOf({ cve, ghsa, osvdb }: Fields): readonly string[] {
  const found = [
    [/^\d{4}-\d{4,}$/u, "CVE-", cve],
    [/^[0-9a-z]{4}(?:-[0-9a-z]{4}){2}$/u, "GHSA-", ghsa],
    [/^\d+$/u, "OSVDB-", osvdb],
  ] as const;
  return found.flatMap(([form, prefix, value]) => {
    const text = textOf(value);
    return text !== undefined && form.test(text) ? [prefix + text] : [];
  });
}

/** By the base score of the newest version of CVSS that is given. */
function severityOf({ cvss_v4, cvss_v3, cvss_v2 }: Fields): Severity {
  for (const text of [cvss_v4, cvss_v3, cvss_v2].map(textOf)) {
    if (text !== undefined && /^(?:\d(?:\.\d)?|10(?:\.0)?)$/u.test(text))
      return severityOfScore(Number(text));
  }
  return "unknown";
}
