import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { MiB } from "@pratique/core";
import {
  builtinRuleFiles,
  formatRuleIssue,
  hardenedRuleFile,
  loadRules,
  type RuleFile,
  type RuleSet,
} from "@pratique/rules";

/** Which rules hold on this host. */
export interface RuleSources {
  /** The operator's own files, `*.yaml`, in the order of their names; none where the directory is absent. */
  readonly directory: string;
  /** The default rules, before the operator's: those may append to them or take their place. */
  readonly builtIn: boolean;
  /** The rules that act, before all others. */
  readonly hardened: boolean;
}

export type ReadRules =
  | { readonly kind: "rules"; readonly ruleSet: RuleSet; readonly warnings: readonly string[] }
  | { readonly kind: "invalid"; readonly errors: readonly string[] };

const MAX_FILE_BYTES = 4 * MiB;
const MAX_FILES = 256;

/** Reads all rules of a host, all or nothing. Never throws. */
export function readRules(sources: RuleSources): ReadRules {
  const files: RuleFile[] = [
    ...(sources.hardened ? [hardenedRuleFile] : []),
    ...(sources.builtIn ? builtinRuleFiles : []),
  ];
  try {
    files.push(...ownFiles(sources.directory));
  } catch (thrown) {
    return { kind: "invalid", errors: [thrown instanceof Error ? thrown.message : String(thrown)] };
  }
  const loaded = loadRules(files);
  if (loaded.kind === "rules") {
    return { kind: "rules", ruleSet: loaded.ruleSet, warnings: loaded.warnings.map(formatRuleIssue) };
  }
  return {
    kind: "invalid",
    errors: loaded.issues.filter(({ level }) => level === "error").map(formatRuleIssue),
  };
}

/** Changes whenever a file of the directory does. */
export function rulesStamp(directory: string): string {
  return names(directory)
    .map((name) => {
      const { mtimeMs, size, ino } = statSync(path.join(directory, name), { throwIfNoEntry: false }) ?? {};
      return `${name} ${mtimeMs} ${size} ${ino}`;
    })
    .join("\n");
}

function ownFiles(directory: string): readonly RuleFile[] {
  const found = names(directory);
  if (found.length > MAX_FILES)
    throw new Error(`expected at most ${MAX_FILES} files of rules in ${directory}`);
  return found.map((name) => {
    const file = path.join(directory, name);
    const { size } = statSync(file);
    if (size > MAX_FILE_BYTES) throw new Error(`${file} is larger than ${MAX_FILE_BYTES} bytes`);
    return { name, text: readFileSync(file, "utf8") };
  });
}

function names(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
      .filter((name) => /\.ya?ml$/u.test(name))
      .toSorted();
  } catch {
    // Nobody has written rules of their own.
    return [];
  }
}
