import type { LicenseFinding, Package, Secret } from "@pratique/core";
import type { Candidate, SuppressionFile, SuppressionRule } from "../rule.ts";

/** One entry of a file of ignore rules, in the words that all of them share. */
export interface IgnoreEntry {
  readonly line: number;
  /** Vulnerabilities, rules and fingerprints of secrets, or licences. Empty: whatever the vulnerability. */
  readonly names: readonly string[];
  /** Why, in the user's words. */
  readonly reason?: string | undefined;
  /** The last moment at which it is in force. */
  readonly until?: Date | undefined;
  /** What else must be so, each of them; none where it holds for every package. Absent where it is about no finding. */
  readonly conditions?: readonly ((candidate: Candidate) => boolean)[];
  /** The same of a secret; absent where it is about none. */
  readonly secretConditions?: readonly ((secret: Secret) => boolean)[];
  /** The same of a licence of a package. */
  readonly licenseConditions?: readonly ((finding: LicenseFinding, installed: Package) => boolean)[];
}

/** What a reader of one kind of file found. */
export interface IgnoreEntries {
  readonly entries: readonly IgnoreEntry[];
  /** Each with its line, and in a sentence. */
  readonly problems: readonly { readonly line: number; readonly message: string }[];
}

const MAX_REASON = 300;

/** Makes rules of entries; those that are over are told, and take nothing out of the count. */
export function fileOf(
  { entries, problems }: IgnoreEntries,
  file: { readonly name: string; readonly format: string },
  now: Date,
): SuppressionFile {
  const { name } = file;
  const isOver = ({ until }: IgnoreEntry): boolean => until !== undefined && until.getTime() < now.getTime();
  return {
    ...file,
    rules: entries.filter((entry) => !isOver(entry)).map((entry) => ruleOf(entry, name)),
    expired: entries
      .filter(isOver)
      .map(
        (entry) =>
          `${name}:${entry.line}: ${titleOf(entry)} expired on ${entry.until?.toISOString().slice(0, 10)}`,
      ),
    problems: problems.map(({ line, message }) => `${name}:${line}: ${message}`),
  };
}

function ruleOf(entry: IgnoreEntry, name: string): SuppressionRule {
  const { line, names, reason, conditions, secretConditions, licenseConditions } = entry;
  const place = `${name}:${line}`;
  const said = reason?.replaceAll(/\s+/gu, " ").slice(0, MAX_REASON).trim() ?? "";
  return {
    place,
    title: titleOf(entry),
    by: said === "" ? place : `${place}: ${said}`,
    names: names.map((id) => id.toUpperCase()),
    effect: "suppress",
    kind: "ignore",
    time: 0,
    ...(conditions !== undefined && {
      covers: (candidate) => conditions.every((condition) => condition(candidate)),
    }),
    ...(secretConditions !== undefined && {
      coversSecret: (secret) => secretConditions.every((condition) => condition(secret)),
    }),
    ...(licenseConditions !== undefined && {
      coversLicense: (finding, installed) =>
        licenseConditions.every((condition) => condition(finding, installed)),
    }),
  };
}

function titleOf({ names }: IgnoreEntry): string {
  return names[0] ?? "the rule for packages";
}

const DAY = /^\d{4}-\d{2}-\d{2}$/u;

/** Reads a date, which begins at midnight in UTC, or a moment; undefined where it is neither. */
export function parseMoment(value: unknown): Date | undefined {
  const text = value instanceof Date ? value.toISOString() : value;
  if (typeof text !== "string") return undefined;
  const time = Date.parse(DAY.test(text) ? `${text}T00:00:00Z` : text);
  return Number.isNaN(time) ? undefined : new Date(time);
}
