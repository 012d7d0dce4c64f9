import { type IgnoreEntries, type IgnoreEntry, parseMoment } from "./entry.ts";
import { readTomlTables } from "./toml-tables.ts";

const MEMBERS: ReadonlySet<string> = new Set(["id", "ignoreUntil", "reason"]);

/** Reads `[[IgnoredVulns]]` of `osv-scanner.toml`. */
export function readOsvScanner(text: string, name: string): IgnoreEntries {
  const entries: IgnoreEntry[] = [];
  const problems: IgnoreEntries["problems"][number][] = [];
  for (const { header, line, values } of readTomlTables(text, name)) {
    if (header === "[[PackageOverrides]]") {
      problems.push({ line, message: "PackageOverrides is not read" });
    }
    if (header !== "[[IgnoredVulns]]") continue;
    const id = values.get("id");
    const unknown = [...values.keys()].find((member) => !MEMBERS.has(member));
    const said = values.get("ignoreUntil");
    const until = parseMoment(said);
    if (id === undefined || id === "") problems.push({ line, message: "expected an id" });
    else if (unknown !== undefined)
      problems.push({ line, message: `${JSON.stringify(unknown)} is not known` });
    else if (said !== undefined && until === undefined)
      problems.push({ line, message: "ignoreUntil is no date" });
    else entries.push({ line, names: [id], reason: values.get("reason"), until, conditions: [] });
  }
  return { entries, problems };
}
