import { type CelValue, isCelList, isCelMap } from "@bufbuild/cel";
import type { Enforcement, Verdict, Violation } from "@pratique/core";
import type { Bindings } from "./cel/expression.ts";
import { cut, printable, writeValue } from "./cel/template.ts";
import { verdictOf } from "./evaluate.ts";
import { type EvaluationInput, judge, type RuleResult } from "./judge.ts";
import type { PolicySet } from "./policy-set.ts";

/** The longest value that an explanation shows, in UTF-16 units. */
const MAX_VALUE_LENGTH = 200;

/**
 * `passed`; `broken`; `waived`: broken, and lifted by an exception; `out-of-scope`: its `when` is false;
 * `other-stage`: it is for another stage, or for images while this is an `exec`.
 */
export type RuleOutcome = "passed" | "broken" | "waived" | "out-of-scope" | "other-stage";

/** What one rule said, and what it looked at. */
export interface RuleExplanation {
  readonly policy: string;
  readonly rule: string;
  readonly description: string;
  readonly outcome: RuleOutcome;
  /** What the rule does here, restarts considered. */
  readonly enforcement: Enforcement;
  /** What the rule looks at, with the values it saw, cut to a readable length. */
  readonly inputs: readonly { readonly name: string; readonly value: string }[];
  readonly violation?: Violation;
}

export interface Explanation {
  readonly verdict: Verdict;
  /** In the order of the set. */
  readonly rules: readonly RuleExplanation[];
}

/** Judges, and tells of every rule of the set what it said. Never throws. */
export function explain(set: PolicySet, input: EvaluationInput): Explanation {
  const judgement = judge(set, input);
  const asked = new Map(judgement.results.map((result) => [result.compiled, result]));
  const rules = set.rules.map((compiled): RuleExplanation => {
    const { policy, rule } = compiled;
    const result = asked.get(compiled);
    const named = { policy, rule: rule.name, description: rule.description };
    if (result === undefined) {
      return { ...named, outcome: "other-stage", enforcement: rule.enforcement, inputs: [] };
    }
    const { enforcement, violation } = result;
    const inputs = inputsOf(compiled.reads, judgement.bindingsFor(compiled));
    const said = { ...named, outcome: outcomeOf(result), enforcement, inputs };
    return violation === undefined ? said : { ...said, violation };
  });
  return { verdict: verdictOf(set, input, judgement), rules };
}

function outcomeOf({ outcome, violation }: RuleResult): RuleOutcome {
  switch (outcome.kind) {
    case "passed":
    case "out-of-scope":
      return outcome.kind;
    case "broken":
    case "failed":
      return violation?.waivedBy === undefined ? "broken" : "waived";
  }
}

function inputsOf(reads: ReadonlySet<string>, bindings: Bindings): RuleExplanation["inputs"] {
  return [...reads].sort().map((name) => ({ name, value: describe(valueAt(name, bindings)) }));
}

function valueAt(path: string, bindings: Bindings): CelValue | undefined {
  const [root = "", ...fields] = path.split(".");
  let value = bindings[root];
  for (const field of fields) value = isCelMap(value) ? value.get(field) : undefined;
  return value;
}

function describe(value: CelValue | undefined): string {
  if (value === undefined) return "not known";
  if (isCelList(value) && isCelMap(value.get(0))) return `${value.size} items`;
  return cut(
    printable(typeof value === "string" ? JSON.stringify(value) : writeValue(value)),
    MAX_VALUE_LENGTH,
  );
}
