import type { EnforcementTables } from "@pratique/profile";
import { builtinRuleFiles, loadRules, type Rule, type RuleSet } from "@pratique/rules";

const FILE = "profiles";
const ID_START = "sha256:".length;
const ID_END = ID_START + 12;
/** What can stand in a condition as it is. A program under any other name was not learned, as far as the kernel goes. */
const PLAIN_PATH = /^\/[\w./+@:-]+$/u;

/**
 * Writes rules by which the kernel holds containers to the profiles that are enforced: programs that are neither in the
 * image nor learned die before they run. As rules they are planned, told and explained as all others are. Those of
 * profiles that have seen too many programs to know them are left out.
 */
export function writeProfileRules(enforced: readonly EnforcementTables[]): string {
  return enforced
    .filter(({ notEnforced }) => !notEnforced.includes("executable"))
    .flatMap((tables) => [addedRule(tables), ...(tables.memoryPrograms ? [] : [memoryRule(tables)])])
    .join("\n");
}

/** Puts rules that {@link writeProfileRules} wrote beside others. They know the macros of the default rules. */
export function withProfileRules(ruleSet: RuleSet, text: string): RuleSet {
  return text === "" ? ruleSet : { ...ruleSet, rules: [...ruleSet.rules, ...rulesIn(text)] };
}

function rulesIn(text: string): readonly Rule[] {
  const loaded = loadRules([...builtinRuleFiles, { name: FILE, text }]);
  if (loaded.kind === "invalid") {
    throw new Error(`rules of profiles: ${loaded.issues.map(({ message }) => message).join("; ")}`);
  }
  return loaded.ruleSet.rules.filter(({ file }) => file === FILE);
}

function addedRule(tables: EnforcementTables): string {
  const known = tables.addedPrograms.filter((path) => PLAIN_PATH.test(path));
  const but = known.length === 0 ? "" : ` and not proc.exepath in (${known.join(", ")})`;
  return ruleOf(tables, "Program outside the learned profile", `proc.is_exe_upper_layer = true${but}`);
}

/** The runtime runs from a copy in memory before it becomes the container. */
function memoryRule(tables: EnforcementTables): string {
  const condition = "proc.is_exe_from_memfd = true and not prq_setup";
  return ruleOf(tables, "Program in memory outside the learned profile", condition);
}

function ruleOf({ image }: EnforcementTables, title: string, condition: string): string {
  const id = image.slice(ID_START, ID_END);
  const whole = `prq_executed and container.id != host and container.image.id = "${id}" and ${condition}`;
  return `- rule: "${title} of ${id}"
  desc: The profile of this image is enforced, and no container of it ran this program when it was learned.
  condition: ${JSON.stringify(whole)}
  output: Program that was not learned (process=%proc.name exe=%proc.exepath command=%proc.cmdline parent=%proc.pname container=%container.name image=%container.image)
  priority: CRITICAL
  tags: [container, profile, profile_executable, mitre_execution]
  action: kill
`;
}
