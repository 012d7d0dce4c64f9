import type { EventType, FieldValue, MatchedPart } from "@pratique/core";
import { typeOfTerm } from "../compile/check-types.ts";
import { type EventAnswers, literalTest } from "../compile/event-answers.ts";
import type { Check, ResolvedExpression } from "../condition/expression.ts";
import { printTerm } from "../condition/print-check.ts";
import { valueText } from "../match/value-test.ts";
import type { CheckCompiler } from "./check-compiler.ts";
import type { ReadValue } from "./field-slots.ts";
import type { SharedChecks } from "./shared-checks.ts";

const MAX_PARTS = 32;
const MAX_VALUE_LENGTH = 1024;
const MAX_TEXT_LENGTH = 512;

export interface ExplainerParts<Event> {
  readonly checks: SharedChecks<Event>;
  readonly compiler: CheckCompiler<Event>;
  readonly answers: EventAnswers;
}

/** Says which parts of a condition held for an event, with what was found. */
export class Explainer<Event> {
  readonly #parts: ExplainerParts<Event>;
  readonly #event: Event;
  readonly #eventType: EventType;

  constructor(parts: ExplainerParts<Event>, event: Event, eventType: EventType) {
    this.#parts = parts;
    this.#event = event;
    this.#eventType = eventType;
  }

  explain(condition: ResolvedExpression): readonly MatchedPart[] {
    // A macro may ask for one field more than once; its value is told once.
    const parts = new Map(this.#explain(condition).map((part) => [`${part.text}\0${part.field}`, part]));
    return [...parts.values()].slice(0, MAX_PARTS);
  }

  #explain(expression: ResolvedExpression): readonly MatchedPart[] {
    switch (expression.kind) {
      case "check":
        return [this.#matched(expression, oneLine(expression.text))];
      case "macro":
        return this.#explain(expression.body).map((part) => ({ ...part, text: expression.name }));
      case "and":
        return expression.parts.flatMap((part) => this.#explain(part));
      case "or": {
        const held = expression.parts.find((part) => this.#holds(part));
        return held === undefined ? [] : this.#explain(held);
      }
      case "not":
        return this.#explainAbsence(expression.part);
    }
  }

  /** What did not happen is worth a line where there is a value to show for it. */
  #explainAbsence(expression: ResolvedExpression): readonly MatchedPart[] {
    if (expression.kind !== "check") return [];
    const part = this.#matched(expression, `not ${oneLine(expression.text)}`);
    return part.value === "" ? [] : [part];
  }

  #matched(check: Check, text: string): MatchedPart {
    const value = this.#parts.compiler.readerOf(check.left)?.(this.#event);
    return { text, field: printTerm(check.left), value: describe(check, value ?? this.#ownValue(check)) };
  }

  /** The type of an event is known even to those whose fields do not tell it. */
  #ownValue(check: Check): ReadValue {
    return check.left.kind === "field" && check.left.name === "evt.type" ? this.#eventType : undefined;
  }

  #holds(expression: ResolvedExpression): boolean {
    switch (expression.kind) {
      case "check":
        return this.#checkHolds(expression);
      case "macro":
        return this.#holds(expression.body);
      case "not":
        return !this.#holds(expression.part);
      case "and":
        return expression.parts.every((part) => this.#holds(part));
      case "or":
        return expression.parts.some((part) => this.#holds(part));
    }
  }

  #checkHolds(check: Check): boolean {
    const known = this.#parts.answers.answer(check, this.#eventType);
    if (known !== undefined) return known;
    const test = this.#parts.checks.testOf(check);
    return test !== false && test(this.#event);
  }
}

/** Of several values, the one that made the check hold. */
function describe(check: Check, value: ReadValue): string {
  if (value === undefined) return "";
  if (!isList(value)) return valueText(value).slice(0, MAX_VALUE_LENGTH);
  const type = typeOfTerm(check.left);
  const test = "fault" in type || type.type === "any" ? undefined : literalTest(check, type.type);
  const held = test && value.find((one) => test(one));
  return (held === undefined ? value.map(valueText).join(", ") : valueText(held)).slice(0, MAX_VALUE_LENGTH);
}

function isList(value: ReadValue): value is readonly FieldValue[] {
  return Array.isArray(value);
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/gu, " ").trim();
  return line.length > MAX_TEXT_LENGTH ? `${line.slice(0, MAX_TEXT_LENGTH)}…` : line;
}
