import type { FieldType, FieldValue } from "@pratique/core";
import type { Check } from "../condition/expression.ts";
import { isResolvedField, resolveField } from "../fields/resolve-field.ts";
import { compileValueTest, isFault, type ValueTest } from "../match/value-test.ts";

/** Types of events that are no system calls. */
const notCalls: readonly string[] = ["container", "dns", "procexit", "signaldeliver"];

/**
 * Answers the checks that depend on the type of an event alone. Events are told when a call returns, so `evt.dir` is
 * always `<`.
 */
export class EventAnswers {
  readonly #tests = new Map<Check, ValueTest | undefined>();

  /** Undefined where the check asks for something else. */
  answer(check: Check, eventType: string): boolean | undefined {
    if (check.left.kind !== "field") return undefined;
    const field = resolveField(check.left);
    if (!isResolvedField(field) || field.type === "any") return undefined;
    switch (field.name) {
      case "evt.type":
        return this.#test(check, field.type, eventType);
      case "syscall.type":
        return notCalls.includes(eventType) ? false : this.#test(check, field.type, eventType);
      case "evt.type.is":
        return this.#test(check, field.type, field.argument === eventType ? 1 : 0);
      case "evt.dir":
        return this.#test(check, field.type, "<");
      case "evt.source":
        return this.#test(check, field.type, "syscall");
      case "evt.num":
        // What the usual macros for never and always compare with 0.
        return answerForAtLeast(check, 1);
      default:
        return undefined;
    }
  }

  #test(check: Check, type: FieldType, value: FieldValue): boolean | undefined {
    if (check.right === undefined) return true;
    if (check.right.kind === "value") return undefined;
    if (!this.#tests.has(check)) this.#tests.set(check, literalTest(check, type));
    return this.#tests.get(check)?.(value);
  }
}

/** The test of a check with literals; undefined where it compares with another field, or cannot be made. */
export function literalTest(check: Check, type: FieldType): ValueTest | undefined {
  const { operator, quantifier, right } = check;
  if (operator === "exists" || right === undefined || right.kind === "value") return undefined;
  const texts = right.kind === "literal" ? [right.text] : right.texts;
  const test = compileValueTest(type, { operator, quantifier, texts });
  return isFault(test) ? undefined : test;
}

/** The answer of a check of a number that is known to be no less than another; undefined where that says nothing. */
export function answerForAtLeast(check: Check, least: number): boolean | undefined {
  const { operator, right } = check;
  if (right === undefined || right.kind === "value" || check.quantifier !== undefined) return undefined;
  const numbers = (right.kind === "literal" ? [right.text] : right.texts).map(Number);
  const areBelow = numbers.every((number) => number < least);
  const areNoMore = numbers.every((number) => number <= least);
  switch (operator) {
    case "=":
    case "in":
    case "intersects":
    case "<=":
      return areBelow ? false : undefined;
    case "<":
      return areNoMore ? false : undefined;
    case "!=":
    case ">":
      return areBelow ? true : undefined;
    case ">=":
      return areNoMore ? true : undefined;
    default:
      return undefined;
  }
}

/** The types of events that a check names as those that it wants. */
export function namedEventTypes(check: Check): readonly string[] {
  const { left, right, operator } = check;
  if (left.kind !== "field" || right === undefined || right.kind === "value") return [];
  if (left.name.startsWith("evt.type.is.")) return [left.name.slice("evt.type.is.".length)];
  if (left.name !== "evt.type" && left.name !== "syscall.type") return [];
  if (operator !== "=" && operator !== "in" && operator !== "intersects") return [];
  return right.kind === "literal" ? [right.text] : right.texts;
}
