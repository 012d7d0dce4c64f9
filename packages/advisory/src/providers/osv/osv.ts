import type { LocatedFile } from "@pratique/archive";
import { messageOf } from "@pratique/core";
import { parse } from "yaml";
import { AdvisoryError } from "../../errors.ts";
import { readLines } from "../../location/lines.ts";
import { readText } from "../../location/read-text.ts";
import type { AdvisorySink, Provider } from "../source-reader.ts";
import { readRecord } from "./record.ts";

const FEED = "https://storage.googleapis.com/osv-vulnerabilities";
/** Those whose packages are found, and of which no other provider has a feed. */
const ECOSYSTEMS = [
  "AlmaLinux",
  "Bitnami",
  "crates.io",
  "Go",
  "Hex",
  "Maven",
  "npm",
  "NuGet",
  "Packagist",
  "Pub",
  "PyPI",
  "Rocky Linux",
  "RubyGems",
  "SwiftURL",
] as const;

/**
 * Records in the OSV schema (https://ossf.github.io/osv-schema/), of any ecosystem: JSON, YAML, JSON lines, and the
 * exports in archives.
 */
export const osv: Provider = {
  name: "osv",
  version: 2,
  feeds: ECOSYSTEMS.map((name) => `${FEED}/${encodeURIComponent(name)}/all.zip`),
  wants: (path) => /(?:^|\/)[^/]+\.(?:json|jsonl|ndjson|ya?ml)(?:\.[a-z0-9]+)?$/u.test(path),
  read,
};

async function read(file: LocatedFile, sink: AdvisorySink): Promise<void> {
  if (/\.(?:jsonl|ndjson)(?:\.[a-z0-9]+)?$/u.test(file.path)) {
    await readJsonLines(file, sink);
    return;
  }
  const text = await readText(file);
  const start = text.trimStart().slice(0, 1);
  if (start === "{") readJson(text, file.path, sink);
  else if (start === "[") readJsonList(text, file.path, sink);
  else readYaml(text, file.path, sink);
}

async function readJsonLines(file: LocatedFile, sink: AdvisorySink): Promise<void> {
  let number = 0;
  for await (const line of readLines(file)) {
    number += 1;
    if (line.trim() !== "") readLine(line, `${file.path}:${number}`, sink);
  }
}

function readLine(line: string, where: string, sink: AdvisorySink): void {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (thrown) {
    sink.malformed(where, messageOf(thrown));
    return;
  }
  readRecord(value, where, sink);
}

/** One record, or JSON lines under another name. */
function readJson(text: string, path: string, sink: AdvisorySink): void {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (thrown) {
    if (/\}[^\S\n]*\n\s*\{/u.test(text.slice(0, LINES_PROBE))) {
      for (const [index, line] of text.split("\n").entries()) {
        if (line.trim() !== "") readLine(line, `${path}:${index + 1}`, sink);
      }
    } else sink.malformed(path, messageOf(thrown));
    return;
  }
  readRecord(value, path, sink);
}

/** How far in a text a second record must begin for it to be taken as JSON lines. */
const LINES_PROBE = 4 * 1024 * 1024;

function readJsonList(text: string, path: string, sink: AdvisorySink): void {
  let values: unknown;
  try {
    values = JSON.parse(text);
  } catch (cause) {
    throw new AdvisoryError("SOURCE_DAMAGED", `${JSON.stringify(path)}: ${messageOf(cause)}`, { cause });
  }
  if (!Array.isArray(values)) return;
  for (const [index, value] of values.entries()) readRecord(value, `${path}[${index}]`, sink);
}

function readYaml(text: string, path: string, sink: AdvisorySink): void {
  let value: unknown;
  try {
    // The failsafe schema keeps every scalar a string: "1.10" is a version, not a number.
    value = parse(text, { schema: "failsafe", maxAliasCount: 0, logLevel: "error" });
  } catch (thrown) {
    sink.malformed(path, messageOf(thrown));
    return;
  }
  readRecord(value, path, sink);
}
