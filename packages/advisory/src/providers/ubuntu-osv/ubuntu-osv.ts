import type { LocatedFile } from "@pratique/archive";
import { messageOf } from "@pratique/core";
import { readLines } from "../../location/lines.ts";
import { readText } from "../../location/read-text.ts";
import type { AdvisorySink, Provider } from "../source-reader.ts";
import { readRecord } from "./record.ts";

/**
 * Ubuntu's own records in the OSV schema: `UBUNTU-CVE-…`, its view of a CVE, and `USN-…`, its security notices. They know
 * fixes, and what has none; the tracker also knows why.
 */
export const ubuntuOsv: Provider = {
  name: "ubuntu-osv",
  version: 1,
  feeds: ["https://storage.googleapis.com/osv-vulnerabilities/Ubuntu/all.zip"],
  wants: (path) => /(?:^|\/)(?:UBUNTU-CVE|USN)-[^/]+\.json$|\.(?:jsonl|ndjson)(?:\.[a-z0-9]+)?$/u.test(path),
  read,
};

async function read(file: LocatedFile, sink: AdvisorySink): Promise<void> {
  if (!/\.(?:jsonl|ndjson)(?:\.[a-z0-9]+)?$/u.test(file.path)) {
    readOne(await readText(file), file.path, sink);
    return;
  }
  let number = 0;
  for await (const line of readLines(file)) {
    number += 1;
    if (line.trim() !== "") readOne(line, `${file.path}:${number}`, sink);
  }
}

function readOne(text: string, where: string, sink: AdvisorySink): void {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (thrown) {
    sink.malformed(where, messageOf(thrown));
    return;
  }
  readRecord(value, where, sink);
}
