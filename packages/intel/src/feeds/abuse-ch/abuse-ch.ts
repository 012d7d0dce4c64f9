import type { LocatedFile } from "@pratique/archive";
import { IntelError } from "../../errors.ts";
import { csvFields } from "../../location/csv.ts";
import { type Fields, listOf, objectOf, objectsOf, textOf, timeOf, wholeOf } from "../../location/fields.ts";
import { readLines } from "../../location/lines.ts";
import { readJson, sniffJson } from "../../location/read-json.ts";
import type { Feed, FeedSink } from "../feed.ts";
import { columnsOf, type Row, rowOf } from "./row.ts";

/**
 * The lists of abuse.ch: Feodo Tracker, ThreatFox, URLhaus and SSLBL, as CSV, JSON or plain text. Which one it is, is
 * told by its columns, which stand in a comment or in the first line.
 */
export const abuseCh: Feed = {
  name: "abuse-ch",
  version: 1,
  confidence: 75,
  wants: (path) => /\.(?:csv|json|txt)$/u.test(path),
  async read(file, sink) {
    const sniffed = await sniffJson(file);
    if (sniffed.isJson) await readJsonRows(sniffed.file, sink);
    else await readCsvRows(sniffed.file, sink);
  },
};

async function readCsvRows(file: LocatedFile, sink: FeedSink): Promise<void> {
  const onLong = (line: number): void => sink.refused(`${file.path}:${line}`, "the line is too long");
  let columns: readonly string[] | undefined;
  for await (const { firstNumber, lines } of readLines(file, onLong)) {
    for (const [index, line] of lines.entries()) {
      const text = line.trim();
      if (text === "") continue;
      const found = columnsOf(text);
      if (found !== undefined) {
        columns = found;
        sink.recognized();
      } else if (!text.startsWith("#")) {
        readCsvRow(columns, text, { where: `${file.path}:${firstNumber + index}`, sink });
      }
    }
  }
}

interface Place {
  readonly where: string;
  readonly sink: FeedSink;
}

function readCsvRow(columns: readonly string[] | undefined, text: string, { where, sink }: Place): void {
  if (columns === undefined) {
    // A plain list has no columns; one that lost them has commas.
    if (text.includes(",")) sink.refused(where, "a row before the names of its columns");
    else sink.indicator({ where, text });
    return;
  }
  const fields = csvFields(text);
  const named: Record<string, string> = {};
  for (const [index, column] of columns.entries()) named[column] = fields[index] ?? "";
  give(rowOf(named), { where, sink });
}

/** A list of rows, `{ "id": [row, …] }`, or the answer of the API: `{ "query_status", "data": [row, …] }`. */
async function readJsonRows(file: LocatedFile, sink: FeedSink): Promise<void> {
  const document = await readJson(file);
  sink.recognized();
  for (const [index, row] of rowsOf(document, file.path).entries()) {
    give(rowOf(textFields(row)), { where: `${file.path}#${index}`, sink });
  }
}

function rowsOf(document: unknown, path: string): readonly Fields[] {
  if (Array.isArray(document)) return objectsOf(document);
  const fields = objectOf(document);
  if (fields === undefined) {
    throw new IntelError("FEED_DAMAGED", `expected a list or an object in ${JSON.stringify(path)}`);
  }
  if (fields.data !== undefined || fields.urls !== undefined) return objectsOf(fields.data ?? fields.urls);
  return Object.values(fields).flatMap((rows) => objectsOf(rows));
}

/** JSON has numbers and lists where CSV has text. */
function textFields(row: Fields): Readonly<Record<string, string>> {
  const named: Record<string, string> = {};
  for (const [name, value] of Object.entries(row)) {
    const text = typeof value === "number" ? String(value) : textOf(value);
    const tags = listOf(value).filter((tag) => typeof tag === "string");
    named[name] = text ?? tags.join(",");
  }
  return named;
}

function give(row: Row, { where, sink }: Place): void {
  switch (row.kind) {
    case "ignored":
      sink.ignored(row.reason);
      return;
    case "malformed":
      sink.refused(where, row.reason);
      return;
    case "indicator":
      sink.indicator({
        where,
        text: row.text,
        expected: row.expected,
        port: wholeOf(row.port),
        family: row.family,
        confidence: wholeOf(row.confidence),
        firstSeen: timeOf(row.firstSeen),
      });
  }
}
