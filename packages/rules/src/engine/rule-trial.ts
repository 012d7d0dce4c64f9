import type { EventType, FieldCatalog } from "@pratique/core";
import { EventAnswers } from "../compile/event-answers.ts";
import type { Rule } from "../compile/rule-set.ts";
import { simplify } from "../compile/simplify.ts";
import type { Check, FieldTerm } from "../condition/expression.ts";
import { checksOf, fieldTermsOf } from "../condition/walk-checks.ts";
import { fieldKey, isResolvedField, resolveField } from "../fields/resolve-field.ts";
import { CheckCompiler, type EventTest } from "./check-compiler.ts";
import { Clock } from "./clock.ts";
import { FieldSlots } from "./field-slots.ts";

/** What a rule says of an event of which not every field was kept. `unknown` names those that it would have to know. */
export type TrialAnswer =
  | { readonly kind: "matches" | "differs" }
  | { readonly kind: "unknown"; readonly fields: readonly string[] };

export interface TrialOptions<Event> {
  readonly typeOf: (event: Event) => EventType;
  /** Whether it was kept what a field of an event was, be it that it had no value; `proc.aname[2]` is one field. */
  readonly knows: (event: Event, field: string) => boolean;
}

/** Asks rules about what was kept of events. It never guesses: what was not kept may have been anything. */
export class RuleTrial<Event> {
  readonly #options: TrialOptions<Event>;
  readonly #clock = new Clock();
  readonly #answers = new EventAnswers();
  readonly #compiler: CheckCompiler<Event>;
  readonly #tests = new Map<Check, EventTest<Event> | false>();

  constructor(catalog: FieldCatalog<Event>, options: TrialOptions<Event>) {
    this.#options = options;
    this.#compiler = new CheckCompiler(new FieldSlots(catalog, this.#clock));
  }

  ask({ condition }: Rule, event: Event): TrialAnswer {
    this.#clock.now += 1;
    const type = this.#options.typeOf(event);
    const left = simplify(
      condition,
      (check) => this.#answers.answer(check, type) ?? this.#answer(check, event),
    );
    if (typeof left === "boolean") return { kind: left ? "matches" : "differs" };
    const fields = [...checksOf(left)].flatMap(fieldTermsOf).flatMap(keysOf);
    return {
      kind: "unknown",
      fields: [...new Set(fields)].filter((field) => !this.#options.knows(event, field)),
    };
  }

  #answer(check: Check, event: Event): boolean | undefined {
    const fields = fieldTermsOf(check).flatMap(keysOf);
    if (fields.some((field) => !this.#options.knows(event, field))) return undefined;
    const test = this.#tests.get(check) ?? this.#compiler.compile(check);
    this.#tests.set(check, test);
    return test !== false && test(event);
  }
}

function keysOf(term: FieldTerm): readonly string[] {
  const field = resolveField(term);
  return isResolvedField(field) ? [fieldKey(field)] : [];
}
