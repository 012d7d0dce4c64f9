import type { LocatedFile } from "@pratique/archive";
import { ecosystem, type Severity } from "@pratique/core";
import { readText } from "../../location/read-text.ts";
import { rateVector } from "../cvss.ts";
import type { AdvisorySink, Provider } from "../source-reader.ts";
import { readFrontMatter, type TomlTable } from "./front-matter.ts";
import { rangesOutside } from "./safe-versions.ts";

/**
 * The advisories of the Rust Security Response Group about crates (https://github.com/rustsec/advisory-db), TOML in front
 * of Markdown. Those about Rust itself, which is no crate, are left out.
 */
export const rustsec: Provider = {
  name: "rustsec",
  version: 1,
  feeds: [],
  wants: (path) => /(?:^|\/)crates\/[^/]+\/RUSTSEC-\d{4}-\d{4}\.md(?:\.[a-z0-9]+)?$/u.test(path),
  read,
};

async function read(file: LocatedFile, sink: AdvisorySink): Promise<void> {
  const text = await readText(file);
  const tables = readFrontMatter(text);
  if (typeof tables === "string") {
    sink.malformed(file.path, tables);
    return;
  }
  const advisory = tables.get("advisory");
  const id = textIn(advisory, "id");
  const name = textIn(advisory, "package");
  if (advisory === undefined || id === undefined || name === undefined) {
    sink.malformed(file.path, "expected an id and a package");
    return;
  }
  sink.entry();
  if (advisory.has("withdrawn")) {
    sink.ignored(file.path, "withdrawn");
    return;
  }
  readCrate({ id, name, advisory, versions: tables.get("versions"), body: bodyOf(text) }, file.path, sink);
}

interface Found {
  readonly id: string;
  readonly name: string;
  readonly advisory: TomlTable;
  readonly versions: TomlTable | undefined;
  readonly body: string;
}

function readCrate(
  { id: document, name, advisory, versions, body }: Found,
  where: string,
  sink: AdvisorySink,
): void {
  const ranges = rangesOutside([...textsIn(versions, "patched"), ...textsIn(versions, "unaffected")]);
  if (ranges === undefined) {
    sink.malformed(where, "expected requirements of Cargo");
    return;
  }
  if (ranges.length === 0) {
    sink.ignored(where, "calls every version safe");
    return;
  }
  const names = [document, ...textsIn(advisory, "aliases")];
  const id = names.find((one) => CVE.test(one)) ?? document;
  const informational = textIn(advisory, "informational");
  const { severity, cvss } = ratingOf(textIn(advisory, "cvss"), informational);
  sink.advisory({
    id,
    aliases: [...new Set(names)].filter((one) => one !== id),
    document,
    ecosystem: ecosystem("crates.io"),
    package: name,
    ranges,
    status: ranges.some(({ fixed }) => fixed !== undefined) ? "fixed" : "affected",
    severity,
    ...(cvss !== undefined && { cvss }),
    ...(informational !== undefined && { note: informational }),
  });
  const title = /^#\s+(?<title>\S.*)$/mu.exec(body)?.groups?.title;
  const description = body.replace(/^\s*#[^\n]*\n/u, "").trim();
  const published = textIn(advisory, "date");
  const url = textIn(advisory, "url");
  sink.details({
    id,
    ...(title !== undefined && { title }),
    ...(description !== "" && { description }),
    ...(severity !== "unknown" && { severity }),
    ...(published !== undefined && { published }),
    ...(url !== undefined && { urls: [url] }),
  });
}

const CVE = /^CVE-\d{4}-\d{4,}$/u;

/** That nobody looks after a crate, or that it can be used wrongly, is no vulnerability by itself. */
const INFORMATIONAL: ReadonlyMap<string, Severity> = new Map([
  ["notice", "negligible"],
  ["unmaintained", "negligible"],
  ["unsound", "low"],
]);

function ratingOf(
  vector: string | undefined,
  informational: string | undefined,
): { severity: Severity; cvss?: string } {
  const rated = vector === undefined ? undefined : rateVector(vector);
  if (rated !== undefined) return { severity: rated.severity, cvss: rated.vector };
  return { severity: INFORMATIONAL.get(informational ?? "") ?? "unknown" };
}

function textIn(table: TomlTable | undefined, key: string): string | undefined {
  const value = table?.get(key);
  return typeof value === "string" && value !== "" ? value : undefined;
}

function textsIn(table: TomlTable | undefined, key: string): readonly string[] {
  const value = table?.get(key);
  return Array.isArray(value) ? value : [];
}

function bodyOf(text: string): string {
  const end = text.indexOf("\n```", 3);
  return end < 0 ? "" : text.slice(end + 4);
}
