import type { EventType, FieldValue, MatchedPart } from "@pratique/core";
import type { Rule } from "../compile/rule-set.ts";
import { valueText } from "../match/value-test.ts";
import type { OutputPart } from "../output/parse-output.ts";
import type { Clock } from "./clock.ts";
import { Explainer, type ExplainerParts } from "./explain.ts";
import type { ReadValue } from "./field-slots.ts";
import type { TermReader } from "./transform.ts";

/** What stands in an output for a field without a value. */
const NOT_AVAILABLE = "<NA>";

export interface MatchParts<Event> extends ExplainerParts<Event> {
  readonly clock: Clock;
  readonly readers: ReadonlyMap<Rule, readonly OutputReader<Event>[]>;
}

/** A part of an output with the reader of its field, where this source of events has it. */
export interface OutputReader<Event> {
  readonly part: OutputPart;
  readonly read: TermReader<Event> | undefined;
}

/**
 * A rule that an event matched. What it says is worked out when it is asked for, from the event as it is then: ask
 * before the event's memory is used for another.
 */
export class RuleMatch<Event> {
  readonly rule: Rule;
  readonly event: Event;
  readonly eventType: EventType;
  readonly #parts: MatchParts<Event>;

  constructor(
    matched: { readonly rule: Rule; readonly event: Event; readonly eventType: EventType },
    parts: MatchParts<Event>,
  ) {
    this.rule = matched.rule;
    this.event = matched.event;
    this.eventType = matched.eventType;
    this.#parts = parts;
  }

  /** The parts of the condition that held: text as written, macros by name, field and value. */
  parts(): readonly MatchedPart[] {
    this.#parts.clock.now += 1;
    return new Explainer(this.#parts, this.event, this.eventType).explain(this.rule.condition);
  }

  /** The rule's output with its fields filled in. */
  output(): string {
    this.#parts.clock.now += 1;
    return this.#readers()
      .map(({ part, read }) => (part.kind === "text" ? part.text : this.#text(read)))
      .join("");
  }

  /** The fields of the output by name. */
  fields(): Readonly<Record<string, string>> {
    this.#parts.clock.now += 1;
    const entries = this.#readers().flatMap(({ part, read }) =>
      part.kind === "text" ? [] : [[part.name, this.#text(read)] as const],
    );
    return Object.fromEntries(entries);
  }

  #readers(): readonly OutputReader<Event>[] {
    return this.#parts.readers.get(this.rule) ?? [];
  }

  #text(read: TermReader<Event> | undefined): string {
    return outputText(read?.(this.event));
  }
}

function outputText(value: ReadValue): string {
  if (value === undefined) return NOT_AVAILABLE;
  return isList(value) ? `(${value.map(valueText).join(",")})` : valueText(value);
}

function isList(value: ReadValue): value is readonly FieldValue[] {
  return Array.isArray(value);
}
