import type { LocatedFile } from "@pratique/archive";
import { ecosystem } from "@pratique/core";
import { type Fields, listOf, objectOf, textOf } from "../../location/fields.ts";
import { readJson } from "../../location/read-json.ts";
import { severityOfWord } from "../severity-word.ts";
import type { AdvisorySink, Provider } from "../source-reader.ts";

/**
 * Security updates of Fedora as Bodhi serves them (https://bodhi.fedoraproject.org/docs/server_api/): one update, a
 * list, or a page of the API. They name source packages.
 */
export const fedora: Provider = {
  name: "fedora",
  version: 1,
  feeds: [],
  wants: (path) => /(?:^|\/)[^/]*\.json(?:\.[a-z0-9]+)?$/u.test(path),
  read,
};

async function read(file: LocatedFile, sink: AdvisorySink): Promise<void> {
  const value = await readJson(file);
  const page = objectOf(value)?.updates;
  const updates = Array.isArray(page) ? page : Array.isArray(value) ? value : [value];
  for (const [index, update] of updates.entries()) readUpdate(update, `${file.path}[${index}]`, sink);
}

function readUpdate(value: unknown, where: string, sink: AdvisorySink): void {
  const update = objectOf(value);
  const document = textOf(update?.alias);
  const release = objectOf(update?.release);
  if (update === undefined || document === undefined || release === undefined) {
    sink.malformed(where, "expected an alias and a release");
    return;
  }
  sink.entry();
  const unused = whyUnused(update, release);
  if (unused !== undefined) {
    sink.ignored(document, unused);
    return;
  }
  const severity = severityOfWord(textOf(update.severity)) ?? "unknown";
  const ids = cvesOf(update);
  for (const { name, fixed } of buildsOf(update, document, sink)) {
    for (const id of ids.length > 0 ? ids : [document]) {
      sink.advisory({
        id,
        aliases: [],
        document,
        ecosystem: ecosystem(`Fedora:${textOf(release.version) ?? ""}`),
        package: name,
        ranges: [{ fixed }],
        status: "fixed",
        severity,
        ofSource: true,
      });
    }
  }
}

function whyUnused(update: Fields, release: Fields): string | undefined {
  if (release.id_prefix !== "FEDORA") return "not of Fedora itself";
  if (!/^\d+$/u.test(textOf(release.version) ?? "")) return "of no numbered release";
  if (update.type !== "security") return "not about security";
  return update.status === "stable" ? undefined : "not published";
}

const CVE = /\bCVE-\d{4}-\d{4,19}\b/gu;

/** Bodhi has no list of vulnerabilities: the bugs that an update closes begin with their names. */
function cvesOf(update: Fields): readonly string[] {
  const titles = listOf(update.bugs).map((bug) => textOf(objectOf(bug)?.title) ?? "");
  return [...new Set(titles.flatMap((title) => title.match(CVE) ?? []))];
}

function* buildsOf(update: Fields, document: string, sink: AdvisorySink) {
  for (const item of listOf(update.builds)) {
    const build = objectOf(item);
    if (build?.type !== "rpm") continue;
    const { name, version } =
      /^(?<name>\S+)-(?<version>[^-\s]+-[^-\s]+)$/u.exec(textOf(build.nvr) ?? "")?.groups ?? {};
    if (name === undefined || version === undefined) {
      sink.malformed(document, `expected a build, found ${JSON.stringify(build.nvr)}`);
      continue;
    }
    const { epoch } = build;
    const isSet = typeof epoch === "number" && Number.isInteger(epoch) && epoch > 0;
    yield { name, fixed: isSet ? `${epoch}:${version}` : version };
  }
}
