import type { FieldValue } from "@pratique/core";
import { literalTest } from "../compile/event-answers.ts";
import { simplify } from "../compile/simplify.ts";
import type { Check, ResolvedExpression } from "../condition/expression.ts";
import { printTerm } from "../condition/print-check.ts";
import { isResolvedField, resolveField } from "../fields/resolve-field.ts";

/**
 * The parts of a condition that all have to hold, with what some of them settle taken out of the others: where
 * `proc.is_exe_upper_layer = true` has to hold, an exclusion of what is not in the upper layer excludes nothing.
 * Undefined where the parts cannot hold together.
 */
export function settleByFacts(condition: ResolvedExpression): readonly ResolvedExpression[] | undefined {
  const parts = partsOf(condition);
  const facts = new Map<string, FieldValue>();
  for (const part of parts) {
    const value = part.kind === "check" ? factOf(part) : undefined;
    if (part.kind === "check" && value !== undefined) facts.set(printTerm(part.left), value);
  }
  const settled: ResolvedExpression[] = [];
  for (const part of parts) {
    const isFact = part.kind === "check" && factOf(part) !== undefined;
    const left = simplify(part, (check) => answerByFacts(check, facts));
    if (left === false) return undefined;
    if (isFact) settled.push(part);
    else if (left !== true) settled.push(left);
  }
  return settled;
}

function partsOf(condition: ResolvedExpression): readonly ResolvedExpression[] {
  if (condition.kind === "and") return condition.parts.flatMap(partsOf);
  return condition.kind === "macro" ? partsOf(condition.body) : [condition];
}

/** The value that a field has to have. */
function factOf({ left, operator, quantifier, right }: Check): FieldValue | undefined {
  if (left.kind !== "field" || operator !== "=" || quantifier !== undefined || right?.kind !== "literal")
    return undefined;
  const field = resolveField(left);
  if (!isResolvedField(field) || field.multiplicity !== "one") return undefined;
  if (field.type === "boolean") return right.text === "true";
  return field.type === "string" ? right.text : undefined;
}

function answerByFacts(check: Check, facts: ReadonlyMap<string, FieldValue>): boolean | undefined {
  const value = facts.get(printTerm(check.left));
  if (value === undefined) return undefined;
  if (check.operator === "exists") return true;
  return literalTest(check, typeof value === "boolean" ? "boolean" : "string")?.(value);
}
