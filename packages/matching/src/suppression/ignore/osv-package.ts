import { ecosystemOf, subjectOf } from "../../subject.ts";
import type { Candidate } from "../rule.ts";
import { type IgnoreEntry, parseMoment } from "./entry.ts";
import type { TomlTable } from "./toml-tables.ts";

type Condition = (candidate: Candidate) => boolean;

/** What is said of packages besides, and takes no vulnerability out of the count. */
const OTHERS: ReadonlySet<string> = new Set([
  "effectiveUntil",
  "ignore",
  "license",
  "license.ignore",
  "license.override",
  "reason",
  "vulnerability",
  "vulnerability.ignore",
]);

/**
 * Reads one of `[[PackageOverrides]]`, which ignores all vulnerabilities of a package. Undefined where it ignores none. One with a
 * criterion that cannot be checked, or without any, would ignore more than was meant, and is not applied.
 */
export function overriddenPackage({ line, values }: TomlTable): IgnoreEntry | string | undefined {
  if (!ignoresVulnerabilities(values)) return undefined;
  const conditions: Condition[] = [];
  for (const [member, value] of values) {
    if (OTHERS.has(member) || value === "") continue;
    const condition = conditionOf(member, value);
    if (condition === undefined)
      return `${JSON.stringify(member)} cannot be checked: the override is not applied`;
    conditions.push(condition);
  }
  if (conditions.length === 0) return "an override without criteria is not applied";
  const said = values.get("effectiveUntil");
  const until = parseMoment(said);
  if (said !== undefined && until === undefined) return "effectiveUntil is no date";
  return { line, names: [], reason: values.get("reason"), until, conditions };
}

function ignoresVulnerabilities(values: TomlTable["values"]): boolean {
  return (
    values.get("ignore") === "true" ||
    values.get("vulnerability.ignore") === "true" ||
    /^\{\s*ignore\s*=\s*true\s*\}/u.test(values.get("vulnerability") ?? "")
  );
}

function conditionOf(member: string, value: string): Condition | undefined {
  switch (member) {
    case "name":
      return (candidate) => namesOf(candidate).includes(value);
    case "version":
      return ({ installed }) => installed.version === value || installed.source?.version === value;
    case "ecosystem":
      return (candidate) => isOfEcosystem(candidate, value);
    default:
      return undefined;
  }
}

/** The name as it is installed, and those under which advisories are looked up: osv-scanner goes by these. */
function namesOf({ installed, subject }: Candidate): readonly string[] {
  const within = ecosystemOf(installed.type, subject.target.distro);
  return [installed.name, ...(within === undefined ? [] : subjectOf(installed, within).names)];
}

/** `Debian` is every release of it, and `Debian:12` one. */
function isOfEcosystem({ installed, subject }: Candidate, said: string): boolean {
  const within = ecosystemOf(installed.type, subject.target.distro);
  return within !== undefined && (within === said || within.startsWith(`${said}:`));
}
