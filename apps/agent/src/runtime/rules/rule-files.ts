import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { hasCode, MiB, messageOf } from "@pratique/core";
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

/** What {@link readRules} gives. */
export type ReadRules =
  | { readonly kind: "rules"; readonly ruleSet: RuleSet; readonly warnings: readonly string[] }
  | { readonly kind: "invalid"; readonly errors: readonly string[] };

const MAX_FILE_BYTES = 4 * MiB;
const MAX_FILES = 256;

/** Files that the server sent are those whose names begin so; they lie among the operator's own. */
const SERVER_PREFIX = "server-";

/** The name of the file that the server calls so. */
export function fileOfServer(name: string): string {
  return `${SERVER_PREFIX}${name}.yaml`;
}

export function isFileOfServer(file: string): boolean {
  return file.startsWith(SERVER_PREFIX) && file.endsWith(".yaml");
}

/** Reads all rules of a host, all or nothing. Never throws. */
export function readRules(sources: RuleSources): ReadRules {
  let files: readonly RuleFile[];
  try {
    files = [...productFiles(sources), ...readOwnFiles(sources)];
  } catch (thrown) {
    return { kind: "invalid", errors: [messageOf(thrown)] };
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

/** Those of the product itself, in the order in which they are loaded, before the operator's. They load by themselves. */
export function productFiles({
  hardened,
  builtIn,
}: Pick<RuleSources, "hardened" | "builtIn">): readonly RuleFile[] {
  return [...(hardened ? [hardenedRuleFile] : []), ...(builtIn ? builtinRuleFiles : [])];
}

/**
 * The operator's files and the server's, in the order in which they are loaded; with `fromServer`, these in place of those
 * that the server sent before. None where the directory is absent. Throws for what is too large, or cannot be read.
 */
export function readOwnFiles(
  { directory }: Pick<RuleSources, "directory">,
  fromServer?: readonly RuleFile[],
): readonly RuleFile[] {
  const found = names(directory).filter((name) => fromServer === undefined || !isFileOfServer(name));
  if (found.length > MAX_FILES)
    throw new Error(`expected at most ${MAX_FILES} files of rules in ${directory}`);
  const read = found.map((name) => {
    const file = path.join(directory, name);
    const { size } = statSync(file);
    if (size > MAX_FILE_BYTES) throw new Error(`${file} is larger than ${MAX_FILE_BYTES} bytes`);
    return { name, text: readFileSync(file, "utf8") };
  });
  // In the order in which they are read once they are there.
  return [...read, ...(fromServer ?? [])].toSorted((left, right) => (left.name < right.name ? -1 : 1));
}

/**
 * Changes whenever a file of the directory does, and where it cannot be read any more: then {@link readOwnFiles} says why.
 * Never throws.
 */
export function rulesStamp(directory: string): string {
  try {
    return stampOf(directory);
  } catch (thrown) {
    return `unreadable: ${messageOf(thrown)}`;
  }
}

function stampOf(directory: string): string {
  return names(directory)
    .map((name) => {
      const { mtimeMs, size, ino } = statSync(path.join(directory, name), { throwIfNoEntry: false }) ?? {};
      return `${name} ${mtimeMs} ${size} ${ino}`;
    })
    .join("\n");
}

function names(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
      .filter((name) => /\.ya?ml$/u.test(name))
      .toSorted();
  } catch (thrown) {
    if (!hasCode(thrown, "ENOENT")) throw thrown;
    // Nobody has written rules of their own.
    return [];
  }
}
