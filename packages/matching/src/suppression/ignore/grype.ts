import { type FindingStatus, matchesGlob, type PackageType } from "@pratique/core";
import type { Candidate } from "../rule.ts";
import type { IgnoreEntries, IgnoreEntry } from "./entry.ts";
import { matchesPathGlob } from "./path-glob.ts";
import { itemsOf, parseYaml, textIn, type YamlValue } from "./yaml-document.ts";

type Problem = IgnoreEntries["problems"][number];
type Condition = (candidate: Candidate) => boolean;

/** Grype's `fix-state`, in the words of findings. */
const FIX_STATES: ReadonlyMap<string, readonly FindingStatus[]> = new Map([
  ["fixed", ["fixed"]],
  ["not-fixed", ["affected", "fix-deferred"]],
  ["wont-fix", ["will-not-fix", "end-of-life"]],
  ["unknown", ["under-investigation"]],
]);

/** Syft's names of package types and languages. */
const TYPES: ReadonlyMap<string, PackageType> = new Map([
  ["apk", "apk"],
  ["binary", "generic"],
  ["cocoapods", "cocoapods"],
  ["conda", "conda"],
  ["dart", "pub"],
  ["dart-pub", "pub"],
  ["deb", "deb"],
  ["dotnet", "nuget"],
  ["elixir", "hex"],
  ["gem", "gem"],
  ["go", "golang"],
  ["go-module", "golang"],
  ["hex", "hex"],
  ["java", "maven"],
  ["java-archive", "maven"],
  ["javascript", "npm"],
  ["npm", "npm"],
  ["php", "composer"],
  ["php-composer", "composer"],
  ["python", "pypi"],
  ["rpm", "rpm"],
  ["ruby", "gem"],
  ["rust", "cargo"],
  ["rust-crate", "cargo"],
  ["swift", "swift"],
]);

/** Reads the rules under `ignore` of `.grype.yaml`. A rule with a criterion that cannot be checked is not applied. */
export function readGrypeIgnore(text: string, name: string): IgnoreEntries {
  const entries: IgnoreEntry[] = [];
  const problems: Problem[] = [];
  for (const item of itemsOf(parseYaml(text, name), "ignore")) {
    const entry = entryOf(item);
    if (typeof entry === "string") problems.push({ line: item.line, message: entry });
    else entries.push(entry);
  }
  return { entries, problems };
}

/** The entry, or what is wrong with it. */
function entryOf(item: YamlValue): IgnoreEntry | string {
  if (item.kind !== "map") return "expected a rule with members";
  const conditions: Condition[] = [];
  const vulnerability = textIn(item, "vulnerability");
  for (const [member, value] of item.members) {
    const condition = member === "package" ? ofPackage(value) : conditionOf(member, item);
    if (typeof condition === "string") return `${condition}: the rule is not applied`;
    if (condition !== undefined) conditions.push(condition);
  }
  // A rule without criteria would ignore everything; Grype applies none of those.
  if (vulnerability === undefined && conditions.length === 0) return "a rule without criteria is not applied";
  const isExact = item.members.has("include-aliases") && !isTrue(item.members.get("include-aliases"));
  if (isExact && vulnerability !== undefined) {
    conditions.push(({ finding }) => finding.id.toUpperCase() === vulnerability.toUpperCase());
  }
  const names = vulnerability === undefined ? [] : [vulnerability];
  return { line: item.line, names, reason: textIn(item, "reason"), conditions };
}

function isTrue(value: YamlValue | undefined): boolean {
  return value?.kind === "scalar" && value.value === true;
}

/** The condition, nothing where the member is none, or what is wrong with it. */
function conditionOf(member: string, rule: YamlValue): Condition | string | undefined {
  switch (member) {
    case "vulnerability":
    case "reason":
    case "include-aliases":
      return undefined;
    case "fix-state": {
      const said = textIn(rule, member) ?? "";
      // Grype leaves out what is empty.
      if (said === "") return undefined;
      const statuses = FIX_STATES.get(said);
      if (statuses === undefined) return `fix-state ${JSON.stringify(said)} is not known`;
      return ({ finding }) => statuses.includes(finding.status);
    }
    default:
      return `${JSON.stringify(member)} cannot be checked`;
  }
}

function ofPackage(value: YamlValue): Condition | string | undefined {
  if (value.kind !== "map") return "package has no members";
  const conditions: Condition[] = [];
  for (const member of value.members.keys()) {
    const text = textIn(value, member) ?? "";
    if (text === "") continue;
    const condition = packageCondition(member, text);
    if (typeof condition === "string") return condition;
    conditions.push(condition);
  }
  if (conditions.length === 0) return undefined;
  return (candidate) => conditions.every((condition) => condition(candidate));
}

function packageCondition(member: string, text: string): Condition | string {
  switch (member) {
    case "name": {
      const pattern = globOf(text);
      if (pattern === undefined) return `the name ${JSON.stringify(text)} is a pattern that is not read`;
      return ({ installed }) => matchesGlob(pattern, installed.name);
    }
    case "upstream-name": {
      const pattern = globOf(text);
      if (pattern === undefined) return `the name ${JSON.stringify(text)} is a pattern that is not read`;
      return ({ installed }) => installed.source !== undefined && matchesGlob(pattern, installed.source.name);
    }
    case "version":
      return ({ installed }) => installed.version === text;
    case "location":
      return ({ installed }) => installed.paths.some((path) => matchesPathGlob(text, path));
    case "type":
    case "language": {
      const type = TYPES.get(text);
      if (type === undefined) return `${member} ${JSON.stringify(text)} is not known`;
      return ({ installed }) => installed.type === type;
    }
    default:
      return `package.${member} cannot be checked`;
  }
}

/**
 * Grype takes names as regular expressions. Those that only have `.*` and escapes in them are read; undefined for the
 * others, because a pattern of somebody else's is not run.
 */
function globOf(text: string): string | undefined {
  const pattern = text.replace(/^\^/u, "").replace(/\$$/u, "");
  let glob = "";
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern[at] ?? "";
    if (character === "." && pattern[at + 1] === "*") {
      glob += "*";
      at += 1;
    } else if (character === "\\") {
      at += 1;
      glob += pattern[at] ?? "";
    } else if (/[\w.@/:~-]/u.test(character)) {
      glob += character;
    } else {
      return undefined;
    }
  }
  return glob;
}
