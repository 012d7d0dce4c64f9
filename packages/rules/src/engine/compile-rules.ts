import type { EventType, FieldCatalog } from "@pratique/core";
import { EventAnswers } from "../compile/event-answers.ts";
import type { Rule, RuleSet } from "../compile/rule-set.ts";
import { CheckCompiler, type EventTest } from "./check-compiler.ts";
import { Clock } from "./clock.ts";
import { FieldSlots } from "./field-slots.ts";
import { type EngineNeeds, needsOf } from "./needs.ts";
import { Program } from "./program.ts";
import { type MatchParts, type OutputReader, RuleMatch } from "./rule-match.ts";
import { SharedChecks } from "./shared-checks.ts";
import { suggestedOutput } from "./suggested-output.ts";

export interface EngineOptions<Event> {
  readonly typeOf: (event: Event) => EventType;
  /** Whether an event is told by the first rule that it matches, as Falco does unless told otherwise, or by all. */
  readonly matching?: "first" | "all";
  /** Which rules are asked; those that are enabled unless told otherwise. */
  readonly wants?: (rule: Rule) => boolean;
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

interface CompiledRule<Event> {
  readonly rule: Rule;
  readonly test: EventTest<Event>;
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
  readonly #byType = new Map<EventType, readonly CompiledRule<Event>[]>();

  constructor(rules: readonly Rule[], catalog: FieldCatalog<Event>, options: EngineOptions<Event>) {
    this.rules = rules;
    this.#typeOf = options.typeOf;
    this.#isFirstOnly = (options.matching ?? "first") === "first";
    const compiler = new CheckCompiler(new FieldSlots(catalog, this.#clock));
    const checks = new SharedChecks(compiler);
    const readers = new Map(rules.map((rule) => [rule, outputReaders(rule, compiler)]));
    this.#parts = { clock: this.#clock, answers: this.#answers, compiler, checks, readers };
    this.needs = needsOf(rules, catalog, this.#answers);
    for (const type of this.needs.eventTypes) this.#byType.set(type, this.#compileFor(type));
  }

  match(event: Event): readonly RuleMatch<Event>[] {
    const eventType = this.#typeOf(event);
    const compiled = this.#byType.get(eventType);
    if (compiled === undefined) return none;
    this.#clock.now += 1;
    let matches: RuleMatch<Event>[] | undefined;
    for (const { rule, test } of compiled) {
      if (!test(event)) continue;
      const match = new RuleMatch({ rule, event, eventType }, this.#parts);
      if (this.#isFirstOnly) return [match];
      matches ??= [];
      matches.push(match);
    }
    return matches ?? none;
  }

  #compileFor(type: EventType): readonly CompiledRule<Event>[] {
    const program = new Program<Event>({
      clock: this.#clock,
      checks: this.#parts.checks,
      answer: (check) => this.#answers.answer(check, type),
    });
    const added = this.rules.flatMap((rule) => {
      const make = rule.eventTypes.includes(type) ? program.add(rule.condition) : undefined;
      return make === undefined ? [] : [{ rule, make }];
    });
    return added.map(({ rule, make }) => ({ rule, test: make() }));
  }
}

function outputReaders<Event>(rule: Rule, compiler: CheckCompiler<Event>): readonly OutputReader<Event>[] {
  return [...rule.output, ...suggestedOutput(rule.output)].map((part) => ({
    part,
    read: part.kind === "text" ? undefined : compiler.readerOf(part.term),
  }));
}
