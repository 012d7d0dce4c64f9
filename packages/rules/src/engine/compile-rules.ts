import type { EventType, FieldCatalog } from "@pratique/core";
import { EventAnswers } from "../compile/event-answers.ts";
import type { Rule, RuleSet } from "../compile/rule-set.ts";
import type { OutputPart } from "../output/parse-output.ts";
import { CheckCompiler } from "./check-compiler.ts";
import { Clock } from "./clock.ts";
import { FieldSlots } from "./field-slots.ts";
import { type EngineNeeds, needsOf } from "./needs.ts";
import { type ConditionGroup, Program } from "./program.ts";
import { type MatchParts, type OutputReader, RuleMatch } from "./rule-match.ts";
import { SharedChecks } from "./shared-checks.ts";
import { suggestedOutput } from "./suggested-output.ts";

export interface EngineOptions<Event> {
  readonly typeOf: (event: Event) => EventType;
  /** Whether an event is told by the first rule that it matches, as Falco does unless told otherwise, or by all. */
  readonly matching?: "first" | "all";
  /** Which rules are asked; those that are enabled unless told otherwise. */
  readonly wants?: (rule: Rule) => boolean;
  /** Whether outputs say of which container they speak where their rules do not; true where absent, as with Falco. */
  readonly namesContainer?: boolean;
}

/** Asks rules about events. */
export interface RuleEngine<Event> {
  readonly rules: readonly Rule[];
  readonly needs: EngineNeeds;
  /** The rules that an event matches, in the order of their files. Never throws, unless a field's reader does. */
  match(event: Event): readonly RuleMatch<Event>[];
}

/** Compiles rules for one source of events. A check of a field that it does not have never holds. */
export function compileRules<Event>(
  ruleSet: RuleSet,
  catalog: FieldCatalog<Event>,
  options: EngineOptions<Event>,
): RuleEngine<Event> {
  const wants = options.wants ?? ((rule: Rule): boolean => rule.enabled);
  return new Engine(ruleSet.rules.filter(wants), catalog, options);
}

const none: readonly never[] = [];

class Engine<Event> implements RuleEngine<Event> {
  readonly rules: readonly Rule[];
  readonly needs: EngineNeeds;
  readonly #typeOf: (event: Event) => EventType;
  readonly #isFirstOnly: boolean;
  readonly #clock = new Clock();
  readonly #answers = new EventAnswers();
  readonly #parts: MatchParts<Event>;
  readonly #byType = new Map<EventType, ConditionGroup<Event>>();
  /** Kept from event to event, so that those which match nothing leave nothing behind. */
  readonly #found: number[] = [];

  constructor(rules: readonly Rule[], catalog: FieldCatalog<Event>, options: EngineOptions<Event>) {
    this.rules = rules;
    this.#typeOf = options.typeOf;
    this.#isFirstOnly = (options.matching ?? "first") === "first";
    const compiler = new CheckCompiler(new FieldSlots(catalog, this.#clock));
    const checks = new SharedChecks(compiler);
    const added = options.namesContainer === false ? () => [] : suggestedOutput;
    const outputOf = ({ output }: Rule) => [...output, ...added(output)];
    const readers = new Map(rules.map((rule) => [rule, outputReaders(outputOf(rule), compiler)]));
    this.#parts = { clock: this.#clock, answers: this.#answers, compiler, checks, readers };
    this.needs = needsOf(rules, catalog, this.#answers);
    for (const type of this.needs.eventTypes) this.#byType.set(type, this.#compileFor(type));
  }

  match(event: Event): readonly RuleMatch<Event>[] {
    const eventType = this.#typeOf(event);
    const compiled = this.#byType.get(eventType);
    if (compiled === undefined) return none;
    this.#clock.now += 1;
    this.#found.length = 0;
    compiled.ask(event, this.#found);
    return this.#found.length === 0 ? none : this.#take(event, eventType);
  }

  #take(event: Event, eventType: EventType): readonly RuleMatch<Event>[] {
    const inOrder = this.#found.splice(0).sort((left, right) => left - right);
    const told = this.#isFirstOnly ? inOrder.slice(0, 1) : inOrder;
    return told.flatMap((place) => {
      const rule = this.rules[place];
      return rule === undefined ? [] : [new RuleMatch({ rule, event, eventType }, this.#parts)];
    });
  }

  #compileFor(type: EventType): ConditionGroup<Event> {
    const program = new Program<Event>({
      clock: this.#clock,
      checks: this.#parts.checks,
      answer: (check) => this.#answers.answer(check, type),
    });
    for (const [place, rule] of this.rules.entries()) {
      if (rule.eventTypes.includes(type)) program.add(rule.condition, place);
    }
    return program.finish();
  }
}

function outputReaders<Event>(
  output: readonly OutputPart[],
  compiler: CheckCompiler<Event>,
): readonly OutputReader<Event>[] {
  return output.map((part) => ({
    part,
    read: part.kind === "text" ? undefined : compiler.readerOf(part.term),
  }));
}
