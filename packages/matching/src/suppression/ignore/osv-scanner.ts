import { type IgnoreEntries, type IgnoreEntry, parseMoment } from "./entry.ts";
import { overriddenPackage } from "./osv-package.ts";
import { readTomlTables, type TomlTable } from "./toml-tables.ts";

/** What a kind of table says, or what is wrong with it. Undefined where it says nothing of vulnerabilities. */
type Reader = (table: TomlTable) => IgnoreEntry | string | undefined;

const readers: ReadonlyMap<string, Reader> = new Map([
  ["[[IgnoredVulns]]", ignoredVulnerability],
  ["[[PackageOverrides]]", overriddenPackage],
]);

/**
 * Reads `[[IgnoredVulns]]` and `[[PackageOverrides]]` of `osv-scanner.toml` (osv-scanner, "Configuration"). Of overrides those count
 * that ignore a package or its vulnerabilities; what they say of licences is passed over.
 */
export function readOsvScanner(text: string, name: string): IgnoreEntries {
  const entries: IgnoreEntry[] = [];
  const problems: IgnoreEntries["problems"][number][] = [];
  for (const table of withParts(readTomlTables(text, name))) {
    const read = readers.get(table.header)?.(table);
    if (typeof read === "string") problems.push({ line: table.line, message: read });
    else if (read !== undefined) entries.push(read);
  }
  return { entries, problems };
}

/** Puts `[PackageOverrides.vulnerability]` into the table of the list that it is a part of, as `vulnerability.ignore`. */
function withParts(tables: readonly TomlTable[]): readonly TomlTable[] {
  const whole: { readonly header: string; readonly line: number; readonly values: Map<string, string> }[] =
    [];
  for (const { header, line, values } of tables) {
    const part = /^\[(?<list>\w+)\.(?<part>\w+)\]$/u.exec(header)?.groups;
    const last = whole.at(-1);
    if (part === undefined || last?.header !== `[[${part.list}]]`) {
      whole.push({ header, line, values: new Map(values) });
      continue;
    }
    for (const [key, value] of values) last.values.set(`${part.part}.${key}`, value);
  }
  return whole;
}

const MEMBERS: ReadonlySet<string> = new Set(["id", "ignoreUntil", "reason"]);

function ignoredVulnerability({ line, values }: TomlTable): IgnoreEntry | string {
  const id = values.get("id");
  if (id === undefined || id === "") return "expected an id";
  const unknown = [...values.keys()].find((member) => !MEMBERS.has(member));
  if (unknown !== undefined) return `${JSON.stringify(unknown)} is not known`;
  const said = values.get("ignoreUntil");
  const until = parseMoment(said);
  if (said !== undefined && until === undefined) return "ignoreUntil is no date";
  return { line, names: [id], reason: values.get("reason"), until, conditions: [] };
}
