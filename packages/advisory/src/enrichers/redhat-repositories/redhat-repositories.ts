import type { LocatedFile } from "@pratique/archive";
import { AdvisoryError } from "../../errors.ts";
import { listOf, objectOf, textsOf } from "../../location/fields.ts";
import { readJson } from "../../location/read-json.ts";
import type { Enricher, EnrichmentSink } from "../../providers/source-reader.ts";

/**
 * Red Hat's map of repositories to CPEs (https://security.access.redhat.com/data/meta/v1/repository-to-cpe.json): which releases, and which of those with lives of
 * their own, a repository belongs to. An image tells the repositories that it was built from.
 */
export const redhatRepositories: Enricher = {
  name: "redhat-repositories",
  version: 1,
  // It serves nobody without the advisories of redhat-csaf, which are not read by themselves either.
  feeds: [],
  wants: (path) => /(?:^|\/)repository-to-cpe\.json(?:\.[a-z0-9]+)?$/u.test(path),
  read,
};

async function read(file: LocatedFile, sink: EnrichmentSink): Promise<void> {
  const data = objectOf(objectOf(await readJson(file))?.data);
  if (data === undefined) {
    throw new AdvisoryError(
      "SOURCE_DAMAGED",
      `${JSON.stringify(file.path)}: expected repositories under "data"`,
    );
  }
  for (const [name, value] of Object.entries(data)) {
    const cpes = objectOf(value)?.cpes;
    if (!Array.isArray(cpes) || listOf(cpes).some((cpe) => typeof cpe !== "string")) {
      sink.malformed(`${file.path}: ${name}`, "expected a list of CPEs");
      continue;
    }
    sink.entry();
    sink.repository({ name, cpes: [...new Set(textsOf(cpes))].sort() });
  }
}
