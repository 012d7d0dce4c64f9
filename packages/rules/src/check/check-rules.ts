import { type EventType, eventTypes, isEventType } from "@pratique/core";
import { EventAnswers } from "../compile/event-answers.ts";
import type { Rule, RuleSet } from "../compile/rule-set.ts";
import { simplify } from "../compile/simplify.ts";
import type { Check, FieldTerm } from "../condition/expression.ts";
import { checksOf, fieldTermsOf, termFields } from "../condition/walk-checks.ts";
import { fieldKey, isResolvedField, resolveField } from "../fields/resolve-field.ts";

/** What a host can tell rules. */
export interface HostCapabilities {
  readonly eventTypes: ReadonlySet<EventType>;
  /** Whether its events have a field, `evt.arg.flags` being `evt.arg` with `flags`. */
  hasField(name: string, argument: string | undefined): boolean;
}

/** How much of a rule works on a host. `partial`: it can match, and not in all the ways that it names. */
export interface RuleSupport {
  readonly name: string;
  readonly source: string;
  readonly supported: "full" | "partial" | "none";
  readonly reasons: readonly string[];
}

/** Says for each rule, those that are off and those that were skipped included, what a host can see of it. */
export function checkRules(ruleSet: RuleSet, host: HostCapabilities): readonly RuleSupport[] {
  const answers = new EventAnswers();
  const skipped = ruleSet.skipped.map(
    ({ name, source, reason }): RuleSupport => ({ name, source, supported: "none", reasons: [reason] }),
  );
  return [...ruleSet.rules.map((rule) => checkRule(rule, host, answers)), ...skipped];
}

function checkRule(rule: Rule, host: HostCapabilities, answers: EventAnswers): RuleSupport {
  const { name, source } = rule;
  const missingTypes = missingTypesOf(rule, host);
  const missing = missingFields([...checksOf(rule.condition)].flatMap(fieldTermsOf), host);
  const unseen = missingFields(
    rule.output.flatMap((part) => (part.kind === "text" ? [] : termFields(part.term))),
    host,
  );
  const answerOf = (check: Check, type: EventType): boolean | undefined =>
    answers.answer(check, type) ?? (lacksField(check, missing) ? false : undefined);
  const isPossible = rule.eventTypes.some(
    (type) =>
      host.eventTypes.has(type) && simplify(rule.condition, (check) => answerOf(check, type)) !== false,
  );
  const reasons = [
    ...missingTypes.map((type) => `no events of type ${type}`),
    ...[...missing].map((field) => `no field ${field}`),
    ...[...unseen]
      .filter((field) => !missing.has(field))
      .map((field) => `no field ${field}, which its output names`),
  ];
  if (!isPossible)
    return {
      name,
      source,
      supported: "none",
      reasons: reasons.length > 0 ? reasons : ["no event can match"],
    };
  return { name, source, supported: reasons.length > 0 ? "partial" : "full", reasons };
}

/** Of the types that a rule can match; one that matches nearly all names none that could be missed. */
function missingTypesOf(rule: Rule, host: HostCapabilities): readonly string[] {
  const isForAll = rule.eventTypes.length === eventTypes.length;
  const own = isForAll ? [] : rule.eventTypes.filter((type) => !host.eventTypes.has(type));
  return [...own, ...rule.foreignEventTypes.filter((type) => !isEventType(type))];
}

function missingFields(terms: readonly FieldTerm[], host: HostCapabilities): ReadonlySet<string> {
  const missing = new Set<string>();
  for (const term of terms) {
    const field = resolveField(term);
    if (isResolvedField(field) && !host.hasField(field.name, field.argument)) missing.add(fieldKey(field));
  }
  return missing;
}

function lacksField(check: Check, missing: ReadonlySet<string>): boolean {
  return fieldTermsOf(check).some((term) => {
    const field = resolveField(term);
    return isResolvedField(field) && missing.has(fieldKey(field));
  });
}
