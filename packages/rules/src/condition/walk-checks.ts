import type { Check, FieldTerm, ResolvedExpression, Term, TransformerInput } from "./expression.ts";

/** Every check of a condition once, those of macros included. */
export function checksOf(expression: ResolvedExpression): ReadonlySet<Check> {
  const checks = new Set<Check>();
  collect(expression, { checks, bodies: new Set() });
  return checks;
}

/** The fields that a check reads, those inside transformers included. */
export function fieldTermsOf(check: Check): readonly FieldTerm[] {
  const right = check.right?.kind === "value" ? termFields(check.right.term) : [];
  return [...termFields(check.left), ...right];
}

/** The fields that a term reads. */
export function termFields(term: Term): readonly FieldTerm[] {
  return term.kind === "field" ? [term] : term.inputs.flatMap(inputFields);
}

function inputFields(input: TransformerInput): readonly FieldTerm[] {
  if (input.kind === "list") return input.items.flatMap(inputFields);
  return input.kind === "field" || input.kind === "transformer" ? termFields(input) : [];
}

function collect(
  expression: ResolvedExpression,
  into: { readonly checks: Set<Check>; readonly bodies: Set<ResolvedExpression> },
): void {
  switch (expression.kind) {
    case "check":
      into.checks.add(expression);
      break;
    case "macro":
      if (into.bodies.has(expression.body)) break;
      into.bodies.add(expression.body);
      collect(expression.body, into);
      break;
    case "not":
      collect(expression.part, into);
      break;
    case "and":
    case "or":
      for (const part of expression.parts) collect(part, into);
      break;
  }
}
