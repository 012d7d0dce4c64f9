import { type EventType, eventTypes, type FieldCatalog } from "@pratique/core";
import type { EventAnswers } from "../compile/event-answers.ts";
import { literalTest } from "../compile/event-answers.ts";
import type { Rule } from "../compile/rule-set.ts";
import { simplify } from "../compile/simplify.ts";
import type { Check, FieldTerm } from "../condition/expression.ts";
import { checksOf, fieldTermsOf, termFields } from "../condition/walk-checks.ts";
import { fieldKey, isResolvedField, resolveField } from "../fields/resolve-field.ts";
import { readerOf } from "./field-slots.ts";

/** A field with its argument, as catalogs are asked for it. */
export interface NeededField {
  readonly name: string;
  readonly argument: string | undefined;
}

/** What rules have to be given: nothing else has to be looked at, neither in the kernel nor here. */
export interface EngineNeeds {
  /** The types of events that some rule can match. */
  readonly eventTypes: readonly EventType[];
  /** Those that some rule can match for the host's own processes; for the others every rule wants a container. */
  readonly hostEventTypes: readonly EventType[];
  /** The fields that conditions and outputs name and that the source of events has. */
  readonly fields: readonly NeededField[];
  /** Those that it does not have: checks of them never hold. */
  readonly missingFields: readonly NeededField[];
}

/** Finds out what rules need of a source of events. */
export function needsOf<Event>(
  rules: readonly Rule[],
  catalog: FieldCatalog<Event>,
  answers: EventAnswers,
): EngineNeeds {
  const wanted = new Set(rules.flatMap((rule) => rule.eventTypes));
  const onHost = (type: EventType): boolean =>
    rules.some((rule) => rule.eventTypes.includes(type) && canMatchHost(rule, type, answers));
  const inOrder = eventTypes.filter((type) => wanted.has(type));
  return { eventTypes: inOrder, hostEventTypes: inOrder.filter(onHost), ...fieldsOf(rules, catalog) };
}

function fieldsOf<Event>(
  rules: readonly Rule[],
  catalog: FieldCatalog<Event>,
): Pick<EngineNeeds, "fields" | "missingFields"> {
  const fields = new Map<string, NeededField>();
  const missing = new Map<string, NeededField>();
  for (const term of rules.flatMap(termsOfRule)) {
    const field = resolveField(term);
    if (!isResolvedField(field)) continue;
    const needed = { name: field.name, argument: field.argument };
    const isThere = readerOf(catalog, field, term) !== undefined;
    (isThere ? fields : missing).set(fieldKey(field), needed);
  }
  return { fields: [...fields.values()], missingFields: [...missing.values()] };
}

function termsOfRule(rule: Rule): readonly FieldTerm[] {
  const outputs = rule.output.flatMap((part) => (part.kind === "text" ? [] : termFields(part.term)));
  return [...[...checksOf(rule.condition)].flatMap(fieldTermsOf), ...outputs];
}

function canMatchHost(rule: Rule, type: EventType, answers: EventAnswers): boolean {
  return simplify(rule.condition, (check) => answers.answer(check, type) ?? hostAnswer(check)) !== false;
}

/** A process of the host has a container's id and name, which are `host`, and no image. */
function hostAnswer(check: Check): boolean | undefined {
  if (check.left.kind !== "field" || check.right?.kind === "value") return undefined;
  const { name } = check.left;
  if (name === "container.id" || name === "container.name") {
    return check.operator === "exists" || literalTest(check, "string")?.("host");
  }
  return name === "container.image" || name.startsWith("container.image.") ? false : undefined;
}
