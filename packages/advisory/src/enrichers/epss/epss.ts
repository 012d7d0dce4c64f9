import type { LocatedFile } from "@pratique/archive";
import { AdvisoryError } from "../../errors.ts";
import { readLines } from "../../location/lines.ts";
import type { Enricher, EnrichmentSink } from "../../providers/source-reader.ts";

/** FIRST's Exploit Prediction Scoring System: the probability of exploitation in the next 30 days. */
export const epss: Enricher = {
  name: "epss",
  version: 1,
  feeds: ["https://epss.empiricalsecurity.com/epss_scores-current.csv.gz"],
  wants: (path) => /(?:^|\/)[^/]*epss[^/]*\.csv(?:\.[a-z0-9]+)?$/u.test(path),
  read,
};

const HEADER = "cve,epss,percentile";
const ROW = /^(?<id>CVE-\d{4}-\d{4,}),(?<probability>\d(?:\.\d+)?(?:e-\d+)?),/iu;

async function read(file: LocatedFile, sink: EnrichmentSink): Promise<void> {
  let number = 0;
  let inTable = false;
  for await (const line of readLines(file)) {
    number += 1;
    // The first line names the model, and the day that the scores are for.
    if (line === "" || (!inTable && line.startsWith("#"))) continue;
    if (inTable) readRow(line, `${file.path}:${number}`, sink);
    else if (line.startsWith(HEADER)) inTable = true;
    else break;
  }
  if (!inTable) {
    throw new AdvisoryError("SOURCE_DAMAGED", `${JSON.stringify(file.path)} has no row ${HEADER}`);
  }
}

function readRow(line: string, where: string, sink: EnrichmentSink): void {
  const groups = ROW.exec(line)?.groups;
  const probability = Number(groups?.probability);
  if (groups?.id === undefined || !(probability <= 1)) {
    sink.malformed(where, `expected a CVE and a probability, found ${JSON.stringify(line)}`);
    return;
  }
  sink.entry();
  sink.enrichment(groups.id, { epss: probability });
}
