import { type lintRuleFile, MAX_RULE_FILES, type ReplyOf } from "@pratique/api";
import { eventTypes } from "@pratique/core";
import {
  analyseForKernel,
  builtinRuleFiles,
  checkRules,
  formatRuleIssue,
  type HostCapabilities,
  knownFields,
  type LoadedRules,
  loadRules,
  type Rule,
  type RuleIssue,
} from "@pratique/rules";
import type { StoredPolicy } from "@pratique/store";
import { ServerError } from "../errors.ts";

/** A file of rules, as far as it is checked. */
type Draft = Pick<StoredPolicy, "name" | "text" | "enabled">;

/** The most problems that a refusal names. */
const MAX_NAMED = 100;

/** What a sensor sees where nothing is missing: a host says itself what it cannot see. */
const everything: HostCapabilities = {
  eventTypes: new Set(eventTypes),
  hasField: (name) => knownFields.has(name),
};

/** The name under which agents keep a file of the server's, and by which they read them in order. */
function fileNameOf(name: string): string {
  return `server-${name}.yaml`;
}

/** The server's name of a file by that under which agents keep it; undefined for files of others. */
export function ruleFileOf(fileName: string): string | undefined {
  return /^server-(?<name>.+)\.yaml$/u.exec(fileName)?.groups?.name;
}

/**
 * Loads a file of rules together with the default rules and the others that are in force, and gives the names of the
 * rules in it. Throws `RULES_INVALID` with each line that is wrong, in it or because of it: an agent would go on with the
 * rules that it had.
 */
export function checkRuleFile(file: Draft, held: readonly StoredPolicy[]): string[] {
  const others = held.filter(({ name }) => name !== file.name);
  if (others.length >= MAX_RULE_FILES) {
    throw new ServerError("RULES_INVALID", `expected at most ${MAX_RULE_FILES} files of rules`);
  }
  const loaded = load([...others, file]);
  refuseNew(errorsOf(loaded), { held, own: file.enabled ? fileNameOf(file.name) : "" });
  if (!file.enabled) return ownRules(load([...others, { ...file, enabled: true }]), file.name);
  return ownRules(loaded, file.name);
}

/** Throws `RULES_INVALID` where other files need the one that is to be removed. */
export function checkRemoval(name: string, held: readonly StoredPolicy[]): void {
  refuseNew(errorsOf(load(held.filter((file) => file.name !== name))), { held, own: "" });
}

/** What a draft is like, beside the others. */
export function lintRules(file: Draft, held: readonly StoredPolicy[]): ReplyOf<typeof lintRuleFile> {
  const own = fileNameOf(file.name);
  const loaded = loadWith(file, held);
  const warnings = loaded.kind === "rules" ? loaded.warnings : loaded.issues.filter(isWarning);
  const rules = loaded.kind === "rules" ? rulesIn(loaded, own) : [];
  const support = supportOf(loaded);
  return {
    problems: [
      ...errorsOf(loaded)
        .filter((issue) => issue.file === own)
        .map(shownOf),
      ...freshErrors(errorsOf(loaded), { held, own })
        .filter((issue) => issue.file !== own)
        .slice(0, MAX_NAMED)
        .map((issue) => ({ line: 1, name: "", message: `with it, ${formatRuleIssue(issue)}` })),
    ],
    warnings: warnings.filter((issue) => issue.file === own).map(shownOf),
    rules: rules.map((rule) => ({
      name: rule.name,
      ...(support.get(rule.name) ?? unsupported),
      enabled: rule.enabled,
      priority: rule.priority,
      ...(rule.action !== undefined && { action: rule.action }),
      kernel: kernelViewOf(rule),
    })),
    changes: changedIn(loaded, own).map(({ name, enabled }) => ({ name, enabled })),
  };
}

/** Loads a draft in place of the file of its name, beside the others and the default rules. */
export function loadWith(file: Draft, held: readonly StoredPolicy[]): LoadedRules {
  return load([...held.filter(({ name }) => name !== file.name), file]);
}

/** The rules that a draft makes, and those of others that it changes. */
export function rulesOfDraft(file: Draft, loaded: LoadedRules): readonly Rule[] {
  const own = fileNameOf(file.name);
  return [...rulesIn(loaded, own), ...changedIn(loaded, own)];
}

function rulesIn(loaded: LoadedRules, fileName: string): readonly Rule[] {
  return loaded.kind === "rules" ? loaded.ruleSet.rules.filter(({ file }) => file === fileName) : [];
}

function changedIn(loaded: LoadedRules, fileName: string): readonly Rule[] {
  if (loaded.kind === "invalid") return [];
  return loaded.ruleSet.rules.filter(
    ({ file, changes }) => file !== fileName && changes.some((change) => change.file === fileName),
  );
}

interface Supported {
  readonly supported: "full" | "partial" | "none";
  readonly reasons: string[];
}

const unsupported: Supported = { supported: "none", reasons: [] };

/** How much of each rule works where a sensor sees all that there is. */
export function supportOf(loaded: LoadedRules): ReadonlyMap<string, Supported> {
  if (loaded.kind === "invalid") return new Map();
  return new Map(
    checkRules(loaded.ruleSet, everything).map(({ name, supported, reasons }) => [
      name,
      { supported, reasons: [...reasons] },
    ]),
  );
}

/** Whether a kernel can decide a rule, and why not. */
export function kernelViewOf(rule: Rule): { readonly decides: boolean; readonly reasons: string[] } {
  const analysis = analyseForKernel(rule);
  return { decides: analysis.decidable, reasons: analysis.decidable ? [] : [...analysis.reasons] };
}

/** Reads the default rules and those of the server's files that are enabled, as agents do. */
export function load(files: readonly Draft[]): LoadedRules {
  const enabled = files.filter((file) => file.enabled);
  const named = enabled.map(({ name, text }) => ({ name: fileNameOf(name), text }));
  return loadRules([
    ...builtinRuleFiles,
    ...named.toSorted((left, right) => (left.name < right.name ? -1 : 1)),
  ]);
}

interface Change {
  readonly held: readonly StoredPolicy[];
  /** The file that is changed; empty where one is taken away. */
  readonly own: string;
}

/** What was wrong with other files before is no fault of this change. */
function freshErrors(errors: readonly RuleIssue[], { held, own }: Change): readonly RuleIssue[] {
  if (errors.length === 0) return [];
  const before = new Set(errorsOf(load(held)).map(formatRuleIssue));
  return errors.filter((issue) => issue.file === own || !before.has(formatRuleIssue(issue)));
}

function refuseNew(errors: readonly RuleIssue[], change: Change): void {
  const { own } = change;
  const fresh = freshErrors(errors, change);
  if (fresh.length === 0) return;
  throw new ServerError("RULES_INVALID", "the rules do not load", {
    members: {
      errors: fresh.slice(0, MAX_NAMED).map((issue) => ({
        path: issue.file === own ? `line ${issue.line}` : `${issue.file}: line ${issue.line}`,
        message: issue.name === "" ? issue.message : `${issue.name}: ${issue.message}`,
      })),
    },
  });
}

function errorsOf(loaded: LoadedRules): readonly RuleIssue[] {
  return loaded.kind === "rules" ? [] : loaded.issues.filter((issue) => !isWarning(issue));
}

function isWarning({ level }: RuleIssue): boolean {
  return level === "warning";
}

/** The rules that a file makes; those that it changes are other files'. */
function ownRules(loaded: LoadedRules, name: string): string[] {
  if (loaded.kind === "invalid") return [];
  return loaded.ruleSet.rules.filter(({ file }) => file === fileNameOf(name)).map((rule) => rule.name);
}

function shownOf({ line, name, message }: RuleIssue) {
  return { line, name, message };
}
