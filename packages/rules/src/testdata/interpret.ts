import type { FieldValue } from "@pratique/core";
import { typeOfTerm } from "../compile/check-types.ts";
import type { Check, ResolvedExpression, Term } from "../condition/expression.ts";
import { compileValueTest, valueText } from "../match/value-test.ts";
import { TestCatalog, type TestEvent } from "./event.ts";

type Value = FieldValue | readonly FieldValue[] | undefined;

const catalog = new TestCatalog();

/** Answers a condition part by part, as its rules are written: no order, no sharing, nothing known beforehand. */
export function interpret(expression: ResolvedExpression, event: TestEvent): boolean {
  switch (expression.kind) {
    case "and":
      return expression.parts.map((part) => interpret(part, event)).every(Boolean);
    case "or":
      return expression.parts.map((part) => interpret(part, event)).some(Boolean);
    case "not":
      return !interpret(expression.part, event);
    case "macro":
      return interpret(expression.body, event);
    case "check":
      return interpretCheck(expression, event);
  }
}

function interpretCheck(check: Check, event: TestEvent): boolean {
  const value = valueOf(check.left, event);
  const values = Array.isArray(value) ? value : value === undefined ? [] : [value];
  if (values.length === 0) return false;
  const { operator, quantifier, right } = check;
  if (operator === "exists" || right === undefined) return true;
  const type = typeOfTerm(check.left);
  if ("fault" in type || type.type === "any") return false;
  const wanted = right.kind === "value" ? valueOf(right.term, event) : undefined;
  if (right.kind === "value" && wanted === undefined) return false;
  const texts =
    right.kind === "value" ? [wanted].flat().map((one) => valueText(one ?? "")) : right.kind === "literal" ? [right.text] : right.texts;
  const test = compileValueTest(type.type, { operator, quantifier, texts });
  if ("fault" in test) return false;
  const isForAll = (type.multiplicity === "ends" && operator === "!=") || (type.multiplicity === "list" && operator === "in");
  return isForAll ? values.every((one) => test(one)) : values.some((one) => test(one));
}

function valueOf(term: Term, event: TestEvent): Value {
  if (term.kind === "transformer") {
    const [input] = term.inputs;
    const inner = input?.kind === "field" ? valueOf(input, event) : undefined;
    return typeof inner === "string" ? inner.toLowerCase() : undefined;
  }
  if (term.name === "evt.dir") return "<";
  if (term.name.startsWith("evt.arg.")) return event.fields[term.name];
  return catalog.reader(term.name, term.argument)?.read(event);
}
