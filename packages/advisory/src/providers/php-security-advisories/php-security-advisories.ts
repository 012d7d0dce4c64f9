import type { LocatedFile } from "@pratique/archive";
import { ecosystem, type VersionRange } from "@pratique/core";
import { type Fields, objectOf, textOf, textsOf } from "../../location/fields.ts";
import { readText } from "../../location/read-text.ts";
import { readYamlFields } from "../read-yaml.ts";
import type { AdvisorySink, Provider } from "../source-reader.ts";

/**
 * The advisories of FriendsOfPHP (https://github.com/FriendsOfPHP/security-advisories): a file for each vulnerability of
 * a Composer package, in `vendor/name/`, with the affected versions of each branch.
 */
export const phpSecurityAdvisories: Provider = {
  name: "php-security-advisories",
  version: 1,
  feeds: [],
  wants: (path) => /(?:^|\/)[^/]+\/[^/]+\/[^/]+\.yaml$/u.test(path),
  read,
};

const REFERENCE = /^composer:\/\/(?<name>[^/\s]+\/[^/\s]+)$/u;
const CVE = /^CVE-\d{4}-\d{4,}$/u;
const GHSA = /GHSA(?:-[0-9a-z]{4}){3}$/u;

async function read(file: LocatedFile, sink: AdvisorySink): Promise<void> {
  const fields = readYamlFields(await readText(file));
  const name =
    typeof fields === "string" ? undefined : REFERENCE.exec(textOf(fields.reference) ?? "")?.groups?.name;
  if (typeof fields === "string" || name === undefined) {
    sink.malformed(
      file.path,
      typeof fields === "string" ? fields : "expected a reference to a Composer package",
    );
    return;
  }
  sink.entry();
  const ranges = readBranches(fields, file.path, sink);
  if (ranges.length === 0) {
    sink.malformed(file.path, "expected affected versions by branch");
    return;
  }
  const { id, aliases, document } = namesOf(fields, name.toLowerCase(), file.path);
  sink.advisory({
    id,
    aliases,
    document,
    ecosystem: ecosystem("Packagist"),
    package: name.toLowerCase(),
    ranges,
    status: ranges.some(({ fixed }) => fixed !== undefined) ? "fixed" : "affected",
    severity: "unknown",
  });
  const title = textOf(fields.title);
  const link = textOf(fields.link);
  sink.details({ id, ...(title !== undefined && { title }), ...(link !== undefined && { urls: [link] }) });
}

/** A branch that cannot be read is told, and the others are kept. */
function readBranches({ branches }: Fields, where: string, sink: AdvisorySink): readonly VersionRange[] {
  const ranges: VersionRange[] = [];
  for (const [branch, value] of Object.entries(objectOf(branches) ?? {})) {
    const range = readRange(textsOf(objectOf(value)?.versions));
    if (range === undefined) sink.malformed(`${where}: branch ${branch}`, "expected affected versions");
    else ranges.push(range);
  }
  return ranges;
}

const COMPARISON = /^\s*(?<operator>>=|<=|>|<|==?)\s*(?<version>[^\s<>=,|]+)\s*$/u;

/** Comparisons that hold together. */
function readRange(comparisons: readonly string[]): VersionRange | undefined {
  let range: VersionRange | undefined;
  for (const comparison of comparisons) {
    const { operator, version } = COMPARISON.exec(comparison)?.groups ?? {};
    if (operator === undefined || version === undefined) return undefined;
    range = { ...range, ...boundOf(operator, version) };
  }
  return range;
}

function boundOf(operator: string, version: string): VersionRange {
  switch (operator) {
    case ">=":
      return { introduced: version };
    case ">":
      // A range begins with a version: the first that Composer knows above a release is a snapshot of its patch.
      return { introduced: `${version}-patch-dev` };
    case "<":
      return { fixed: version };
    case "<=":
      return { lastAffected: version };
    default:
      return { introduced: version, lastAffected: version };
  }
}

/** Without a CVE it is called by its place in the collection, `vendor/name/2015-08-06`. */
function namesOf({ cve, link }: Fields, name: string, path: string) {
  const stem = path.slice(path.lastIndexOf("/") + 1).replace(/\.yaml$/u, "");
  const document = `${name}/${stem}`;
  const known = [textOf(cve) ?? "", stem].find((text) => CVE.test(text));
  const github = GHSA.exec(textOf(link) ?? "")?.[0];
  const [id = document, ...aliases] = [known, github].filter((text) => text !== undefined);
  return { id, aliases, document };
}
