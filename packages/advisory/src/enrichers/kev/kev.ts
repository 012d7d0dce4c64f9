import type { LocatedFile } from "@pratique/archive";
import { messageOf } from "@pratique/core";
import { AdvisoryError } from "../../errors.ts";
import { listOf, objectOf } from "../../location/fields.ts";
import { readText } from "../../location/read-text.ts";
import type { Enricher, EnrichmentSink } from "../../providers/source-reader.ts";
import { parseCsv } from "./csv.ts";

/**
 * CISA's catalog of Known Exploited Vulnerabilities, in JSON or CSV. Where both lie side by side only the JSON is read,
 * as they hold the same; a CSV has to be named.
 */
export const kev: Enricher = {
  name: "kev",
  version: 1,
  feeds: ["https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json"],
  wants: (path) => /(?:^|\/)known_exploited_vulnerabilities\.json(?:\.[a-z0-9]+)?$/u.test(path),
  read,
};

const CVE = /^CVE-\d{4}-\d{4,}$/u;

async function read(file: LocatedFile, sink: EnrichmentSink): Promise<void> {
  const text = await readText(file);
  const ids = text.trimStart().startsWith("{") ? idsInJson(text, file.path) : idsInCsv(text, file.path);
  for (const [index, id] of ids.entries()) {
    if (typeof id === "string" && CVE.test(id)) {
      sink.entry();
      sink.enrichment(id, { knownExploited: true });
    } else {
      sink.malformed(
        `${file.path}: entry ${index}`,
        `expected a CVE, found ${JSON.stringify(id) ?? "nothing"}`,
      );
    }
  }
}

function idsInJson(text: string, path: string): readonly unknown[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw damaged(path, messageOf(cause), cause);
  }
  const list = objectOf(value)?.vulnerabilities;
  if (!Array.isArray(list)) throw damaged(path, "no list of vulnerabilities");
  return listOf(list).map((item) => objectOf(item)?.cveID);
}

function idsInCsv(text: string, path: string): readonly unknown[] {
  const [header, ...rows] = parseCsv(text);
  const column = header?.indexOf("cveID") ?? -1;
  if (column < 0) throw damaged(path, "no column cveID");
  return rows.map((row) => row[column]);
}

function damaged(path: string, why: string, cause?: unknown): AdvisoryError {
  return new AdvisoryError("SOURCE_DAMAGED", `${JSON.stringify(path)}: ${why}`, { cause });
}
