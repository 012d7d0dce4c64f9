import { shows, type Visibility } from "@pratique/access";
import { type ReplyOf, type RuleEntry, showHostRuntime, type showRule } from "@pratique/api";
import { type Enforceability, RecentMap } from "@pratique/core";
import {
  builtinRuleFiles,
  hardenedRuleFile,
  type LoadedRules,
  loadRules,
  type Rule,
  type RuleChange,
} from "@pratique/rules";
import type { HostRules, StoredPolicy } from "@pratique/store";
import { kernelViewOf, load, ruleFileOf, supportOf } from "./check-rule-file.ts";

type HostRule = ReplyOf<typeof showHostRuntime>["rules"][number];
type RuleView = ReplyOf<typeof showRule>;

/** What is known of rules: the server's files, as far as they may be seen, and what hosts tell. */
export interface RuleSources {
  readonly files: readonly StoredPolicy[];
  /** Those that may be seen, and others that they may need. */
  readonly all: readonly StoredPolicy[];
  readonly told: readonly HostRules[];
}

/** A rule, with what each host that may be seen does by it. */
interface Known {
  readonly rule: Rule | undefined;
  readonly told: { readonly rule: HostRule; readonly hosts: readonly string[] }[];
}

/** What the path of a rule that has none is called. */
const MAX_NAME = 1024;
const hostRules = showHostRuntime.reply.shape.rules;
const builtIn: ReadonlySet<string> = new Set(builtinRuleFiles.map(({ name }) => name));

/** The files that are given to hosts, and those of them that somebody sees. */
export function filesFor(
  stored: readonly StoredPolicy[],
  seen: Visibility,
): Pick<RuleSources, "files" | "all"> {
  const all = stored.filter(({ enabled }) => enabled);
  return { all, files: all.filter(({ scope }) => shows(seen, { within: scope })) };
}

/** All rules: in the order of their files, and then those that only hosts know. */
export function ruleEntries(sources: RuleSources): RuleEntry[] {
  const { known, files } = knownRules(sources);
  return [...known].map(([name, each]) => entryOf(name, each, files));
}

/** One rule whole; undefined where nobody knows it. */
export function ruleView(name: string, sources: RuleSources): Omit<RuleView, "complete"> | undefined {
  const { known, files, loaded } = knownRules(sources);
  const found = known.get(name);
  if (found === undefined) return undefined;
  return {
    ...entryOf(name, found, files),
    definition: found.rule === undefined ? null : definitionOf(found.rule, loaded),
    onHosts: found.told
      .flatMap(({ rule, hosts }) =>
        hosts.map((host) => ({
          host,
          enabled: rule.enabled,
          enforceability: doneBy(rule),
          reasons: rule.reasons,
        })),
      )
      .toSorted((left, right) => (left.host < right.host ? -1 : 1)),
  };
}

type Files = ReadonlyMap<string, StoredPolicy>;

function knownRules({ files, all, told }: RuleSources) {
  const loaded = loadedRules(files, all);
  const known = new Map<string, Known>();
  for (const rule of loaded.ruleSet.rules) {
    if (rule.name.length <= MAX_NAME) known.set(rule.name, { rule, told: [] });
  }
  for (const { rules, hosts } of told) {
    // What an earlier version wrote, and this one cannot read, is told again within the minute.
    for (const rule of hostRules.safeParse(rules).data ?? []) {
      const entry = known.get(rule.rule) ?? { rule: undefined, told: [] };
      known.set(rule.rule, entry);
      entry.told.push({ rule, hosts });
    }
  }
  return { known, loaded, files: new Map(files.map((file) => [file.name, file])) };
}

type Loaded = Extract<LoadedRules, { kind: "rules" }>;

/** To load rules takes a tenth of a second: they are loaded once for each who sees other files, until one changes. */
const lately = new RecentMap<string, Loaded>(8);

function loadedRules(files: readonly StoredPolicy[], all: readonly StoredPolicy[]): Loaded {
  const key = JSON.stringify([files, all].map((each) => each.map(({ name, revision }) => [name, revision])));
  const known = lately.get(key);
  if (known !== undefined) return known;
  const loaded = withHardened(loadSeen(files, all));
  lately.set(key, loaded);
  return loaded;
}

/** Files may need some that may not be seen: those are loaded then, and what they say themselves is left out. */
function loadSeen(files: readonly StoredPolicy[], all: readonly StoredPolicy[]): Loaded {
  const seen = load(files);
  if (seen.kind === "rules") return seen;
  const standard = load([]);
  if (standard.kind === "invalid") throw new Error("the default rules do not load");
  const loaded = load(all);
  if (loaded.kind === "invalid") return standard;
  const visible = new Set(files.map(({ name }) => name));
  const isHidden = ({ file }: RuleChange) => !(builtIn.has(file) || visible.has(ruleFileOf(file) ?? ""));
  const defaults = new Map(standard.ruleSet.rules.map((rule) => [rule.name, rule]));
  const rules = loaded.ruleSet.rules.flatMap((rule) => {
    const [made] = rule.changes;
    if (made === undefined || isHidden(made)) return [];
    const own = rule.changes.some(isHidden) ? (defaults.get(rule.name) ?? rule) : rule;
    return [{ ...own, changes: own.changes.filter((change) => !isHidden(change)) }];
  });
  return { ...loaded, ruleSet: { ...loaded.ruleSet, rules } };
}

/** The rules that act stand before all others on the hosts that have them, and make some for themselves only. */
function withHardened(loaded: Loaded): Loaded {
  const hardened = loadRules([hardenedRuleFile, ...builtinRuleFiles]);
  const rules = hardened.kind === "rules" ? hardened.ruleSet.rules : [];
  const acting = rules.filter(({ file }) => file === hardenedRuleFile.name);
  return { ...loaded, ruleSet: { ...loaded.ruleSet, rules: [...loaded.ruleSet.rules, ...acting] } };
}

function entryOf(name: string, { rule, told }: Known, files: Files): RuleEntry {
  const first = told[0]?.rule;
  const action = rule === undefined ? first?.action : rule.action;
  return {
    rule: name,
    description: rule?.description.trim() ?? "",
    priority: rule?.priority ?? first?.priority ?? "debug",
    tags: [...(rule?.tags ?? first?.tags ?? [])],
    ...originOf(name, rule, files),
    changedBy: changersOf(rule),
    state: stateOf({ rule, told }, files),
    ...(action !== undefined && { action }),
    hosts: countsOf(told),
  };
}

function originOf(
  name: string,
  rule: Rule | undefined,
  files: Files,
): Pick<RuleEntry, "origin" | "ruleFile"> {
  const made = rule?.changes[0]?.file;
  if (made === hardenedRuleFile.name) return { origin: "hardened", ruleFile: null };
  if (made !== undefined && builtIn.has(made)) return { origin: "default", ruleFile: null };
  const own =
    made === undefined
      ? [...files.values()].find(({ rules }) => rules.includes(name))?.name
      : ruleFileOf(made);
  return own === undefined ? { origin: "host", ruleFile: null } : { origin: "server", ruleFile: own };
}

function changersOf(rule: Rule | undefined): string[] {
  const later = (rule?.changes ?? []).slice(1).flatMap(({ file }) => ruleFileOf(file) ?? []);
  return [...new Set(later)];
}

/** By what the files say one after the other; one that is not for all hosts leaves it as it was on the others. */
function stateOf({ rule, told }: Known, files: Files): RuleEntry["state"] {
  const states = rule === undefined ? new Set(told.map((each) => each.rule.enabled)) : statesOf(rule, files);
  if (states.size > 1) return "partly";
  return states.has(false) ? "off" : "on";
}

function statesOf({ changes }: Rule, files: Files): ReadonlySet<boolean> {
  const scopeOf = (file: string) => JSON.stringify(files.get(ruleFileOf(file) ?? "")?.scope ?? {});
  const home = scopeOf(changes[0]?.file ?? "");
  let states = new Set<boolean>();
  for (const { file, enabled } of changes) {
    if (enabled === undefined) continue;
    const isWherever = ["{}", home].includes(scopeOf(file));
    states = new Set(isWherever ? [enabled] : [...states, enabled]);
  }
  return states;
}

function countsOf(told: Known["told"]): RuleEntry["hosts"] {
  const counts: Record<Enforceability, number> = { prevents: 0, kills: 0, detects: 0, off: 0 };
  for (const { rule, hosts } of told) counts[doneBy(rule)] += hosts.length;
  return counts;
}

/** A rule that is turned off does nothing, whatever it could. */
function doneBy({ enabled, enforceability }: HostRule): Enforceability {
  return enabled ? enforceability : "off";
}

function definitionOf(rule: Rule, loaded: LoadedRules): RuleView["definition"] {
  const { supported = "full", reasons = [] } = supportOf(loaded).get(rule.name) ?? {};
  return {
    condition: rule.conditionText.trim(),
    output: rule.outputText.trim(),
    kernel: kernelViewOf(rule),
    supported,
    reasons,
  };
}
