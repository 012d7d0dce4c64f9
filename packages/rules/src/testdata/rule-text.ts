import { loadRules } from "../compile/load-rules.ts";
import type { Rule } from "../compile/rule-set.ts";
import { compileRules } from "../engine/compile-rules.ts";
import { TestCatalog, type TestEvent, typeOf } from "./event.ts";

/** A file with one rule for a condition, after the items that it needs. */
export function fileOf(condition: string, before = ""): string {
  return `${before}\n- rule: The rule\n  desc: d\n  output: o\n  priority: INFO\n  condition: >-\n    ${condition.replace(/\n/gu, " ")}\n`;
}

/** The rules of one file; throws with the first error. */
export function rulesOf(text: string): readonly Rule[] {
  const loaded = loadRules([{ name: "test.yaml", text }]);
  if (loaded.kind === "rules") return loaded.ruleSet.rules;
  throw new Error(loaded.issues.find(({ level }) => level === "error")?.message);
}

/** The errors of one file. */
export function errorsOf(text: string): readonly string[] {
  const loaded = loadRules([{ name: "test.yaml", text }]);
  const issues = loaded.kind === "rules" ? loaded.warnings : loaded.issues;
  return issues.filter(({ level }) => level === "error").map(({ message }) => message);
}

/** Whether an event satisfies a condition. */
export function holds(condition: string, event: TestEvent, before = ""): boolean {
  const rules = rulesOf(fileOf(condition, before));
  const engine = compileRules({ rules, skipped: [] }, new TestCatalog(), { typeOf });
  return engine.match(event).length === 1;
}

/** An event of a type that conditions in tests do not ask for, with what fields hold. */
export function eventWith(fields: TestEvent["fields"], type: TestEvent["type"] = "openat"): TestEvent {
  return { type, fields };
}
