import { MAX_RULE_FILES } from "@pratique/api";
import { eventTypes } from "@pratique/core";
import {
  builtinRuleFiles,
  checkRules,
  formatRuleIssue,
  type HostCapabilities,
  knownFields,
  type LoadedRules,
  loadRules,
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
export function lintRules(file: Draft, held: readonly StoredPolicy[]) {
  const own = fileNameOf(file.name);
  const loaded = load([...held.filter(({ name }) => name !== file.name), file]);
  const warnings = loaded.kind === "rules" ? loaded.warnings : loaded.issues.filter(isWarning);
  const names = new Set(ownRules(loaded, file.name));
  return {
    problems: errorsOf(loaded)
      .filter((issue) => issue.file === own)
      .map(shownOf),
    warnings: warnings.filter((issue) => issue.file === own).map(shownOf),
    rules:
      loaded.kind === "invalid"
        ? []
        : checkRules(loaded.ruleSet, everything)
            .filter((rule) => names.has(rule.name))
            .map(({ name, supported, reasons }) => ({ name, supported, reasons: [...reasons] })),
  };
}

function load(files: readonly Draft[]): LoadedRules {
  const enabled = files.filter((file) => file.enabled);
  const named = enabled.map(({ name, text }) => ({ name: fileNameOf(name), text }));
  return loadRules([
    ...builtinRuleFiles,
    ...named.toSorted((left, right) => (left.name < right.name ? -1 : 1)),
  ]);
}

/** What was wrong with other files before is no fault of this change. */
function refuseNew(
  errors: readonly RuleIssue[],
  { held, own }: { readonly held: readonly StoredPolicy[]; readonly own: string },
): void {
  if (errors.length === 0) return;
  const before = new Set(errorsOf(load(held)).map(formatRuleIssue));
  const fresh = errors.filter((issue) => issue.file === own || !before.has(formatRuleIssue(issue)));
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
