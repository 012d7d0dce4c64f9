import { formatRuleIssue, loadRules, type RuleFile, type RuleIssue, type RuleSet } from "@pratique/rules";
import { isFileOfServer } from "./rule-files.ts";

/** What of some files of rules can be in force together. */
export interface SoundRules {
  readonly ruleSet: RuleSet;
  readonly warnings: readonly string[];
  /** What is wrong with the others, a line each, and what holds in their place; empty where nothing is wrong. */
  readonly errors: readonly string[];
  /** The names of the files that do not hold as they are. */
  readonly faulty: ReadonlySet<string>;
  /** The texts that hold, in their order, without those of the product. */
  readonly files: readonly RuleFile[];
}

/** Files of rules, by where they come from. */
export interface RuleFiles {
  /** Of the product; they load by themselves. */
  readonly product: readonly RuleFile[];
  /** Of the operator and the server, in the order in which they are loaded. */
  readonly own: readonly RuleFile[];
  /** Texts of before that have held together; for a file that is faulty now its text among them holds, if it has one. */
  readonly before?: readonly RuleFile[];
}

/**
 * Loads what can be loaded: a mistake in one file must not take the others out of force, nor the default rules. Throws
 * where the product's own do not load.
 */
export function loadSoundRules({ product, own, before = [] }: RuleFiles): SoundRules {
  const faulty = new Set<string>();
  const said = new Set<string>();
  const texts = new Map(before.map(({ name, text }) => [name, text]));
  let files = own;
  for (;;) {
    const loaded = loadRules([...product, ...files]);
    if (loaded.kind === "rules") {
      const { ruleSet, warnings } = loaded;
      const errors = [...said, ...[...faulty].map((name) => whatHolds(name, files))];
      return { ruleSet, warnings: warnings.map(formatRuleIssue), errors, faulty, files };
    }
    const issues = loaded.issues.filter(({ level }) => level === "error");
    if (files.length === 0) throw new Error(issues.map(formatRuleIssue).join("; "));
    for (const issue of issues) said.add(formatRuleIssue(issue));
    files = withoutFaulty(files, issues, { faulty, texts });
  }
}

interface Faults {
  /** Grows. */
  readonly faulty: Set<string>;
  readonly texts: ReadonlyMap<string, string>;
}

/** Each turn takes at least one file a step further: from its text to that of before, and from that to none. */
function withoutFaulty(
  files: readonly RuleFile[],
  issues: readonly RuleIssue[],
  { faulty, texts }: Faults,
): readonly RuleFile[] {
  const suspects = suspectsAmong(files, new Set(issues.map(({ file }) => file)));
  return files.flatMap((file) => {
    if (!suspects.has(file.name)) return [file];
    const text = texts.get(file.name);
    faulty.add(file.name);
    return text === undefined || text === file.text ? [] : [{ name: file.name, text }];
  });
}

/**
 * An error may be told of a file of the product whose macro another file has changed, or of all files together: then it is
 * rather the host's own that are to blame, as the server has tried its files with the product's.
 */
function suspectsAmong(files: readonly RuleFile[], named: ReadonlySet<string>): ReadonlySet<string> {
  const names = files.map(({ name }) => name);
  if (names.some((name) => named.has(name))) return named;
  const ofHost = names.filter((name) => !isFileOfServer(name));
  return new Set(ofHost.length > 0 ? ofHost : names);
}

function whatHolds(name: string, files: readonly RuleFile[]): string {
  return files.some((file) => file.name === name)
    ? `${name}: its text of before holds until this is mended`
    : `${name}: none of its rules hold until this is mended`;
}
