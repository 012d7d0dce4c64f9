import type { LocatedFile } from "@pratique/archive";
import { type Advisory, type Ecosystem, ecosystem, severityOfScore } from "@pratique/core";
import { AdvisoryError } from "../../errors.ts";
import { type Fields, objectOf, textOf } from "../../location/fields.ts";
import { readJson } from "../../location/read-json.ts";
import type { AdvisorySink, Provider } from "../source-reader.ts";

/** Photon OS' list of vulnerabilities of one release (`cve_data_photon5.0.json`). It names source packages. */
export const photon: Provider = {
  name: "photon",
  version: 1,
  feeds: [],
  wants: (path) => /(?:^|\/)[^/]*\.json(?:\.[a-z0-9]+)?$/u.test(path),
  read,
};

async function read(file: LocatedFile, sink: AdvisorySink): Promise<void> {
  const value = await readJson(file);
  // One record by itself, as a collection of files holds them, is a list of one.
  const records = Array.isArray(value) ? value : [value];
  if (records.length > 0 && !records.some((record) => objectOf(record)?.pkg !== undefined)) {
    throw new AdvisoryError("SOURCE_DAMAGED", `${JSON.stringify(file.path)} holds no packages of Photon OS`);
  }
  for (const [index, record] of records.entries()) {
    readRecord(objectOf(record), { where: `${file.path}[${index}]`, path: file.path, sink });
  }
}

interface Reading {
  readonly where: string;
  readonly path: string;
  readonly sink: AdvisorySink;
}

function readRecord(record: Fields | undefined, { where, path, sink }: Reading): void {
  const id = textOf(record?.cve_id);
  const name = textOf(record?.pkg);
  if (record === undefined || id === undefined || name === undefined) {
    sink.malformed(where, "expected a vulnerability and a package");
    return;
  }
  sink.entry();
  const of = ecosystemOf(record, path);
  if (of === undefined) {
    sink.malformed(where, "expected to be told the release");
    return;
  }
  const meaning = meaningOf(record);
  if (meaning === undefined) {
    sink.ignored(where, "names no versions");
    return;
  }
  const score = record.cve_score;
  const isScore = typeof score === "number" && score > 0 && score <= 10;
  sink.advisory({
    id,
    aliases: [],
    document: id,
    ecosystem: of,
    package: name,
    ...meaning,
    severity: isScore ? severityOfScore(score) : "unknown",
    ofSource: true,
  });
}

/** By the record itself, by the name of the file, or by the mark of the release in the version. */
function ecosystemOf(record: Fields, path: string): Ecosystem | undefined {
  const marked = /\.ph(\d+)$/u.exec(textOf(record.res_ver) ?? "")?.[1];
  const release =
    /^\d+\.\d+$/u.exec(textOf(record.os_version) ?? "")?.[0] ??
    /photon-?(\d+\.\d+)/u.exec(path.slice(path.lastIndexOf("/") + 1))?.[1] ??
    (marked === undefined ? undefined : `${marked}.0`);
  return release === undefined ? undefined : ecosystem(`Photon OS:${release}`);
}

function meaningOf(record: Fields): Pick<Advisory, "ranges" | "status"> | undefined {
  if (textOf(record.status)?.toLowerCase() === "not affected") return { ranges: [], status: "affected" };
  const fixed = textOf(record.res_ver);
  if (fixed !== undefined && fixed !== "NA") return { ranges: [{ fixed }], status: "fixed" };
  if (textOf(record.aff_ver)?.startsWith("all versions") === true)
    return { ranges: [{}], status: "affected" };
  return undefined;
}
