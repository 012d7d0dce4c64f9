import { eventTypes, isEventType } from "@pratique/core";
import type { ResolvedExpression } from "../condition/expression.ts";
import type { PlacedFault } from "../condition/parse-condition.ts";
import { checksOf } from "../condition/walk-checks.ts";
import { collectDefinitions, type Definitions } from "../document/collect-definitions.ts";
import type { MacroDefinition, RuleDefinition } from "../document/definitions.ts";
import { type RuleFile, readItems } from "../document/read-items.ts";
import { placeIn } from "../document/text-origin.ts";
import { type RuleIssue, RulesError } from "../errors.ts";
import { regularExpressionSize } from "../match/regular-expression-size.ts";
import { type OutputPart, parseOutput } from "../output/parse-output.ts";
import { checkTypes } from "./check-types.ts";
import { EventAnswers, namedEventTypes } from "./event-answers.ts";
import { hasExceptions, withExceptions } from "./exception-text.ts";
import { ListTexts } from "./list-texts.ts";
import { Macros } from "./macros.ts";
import type { Rule, RuleSet, SkippedRule } from "./rule-set.ts";
import { simplify } from "./simplify.ts";

/** Rules, or what keeps the files from being used. Warnings come with either. */
export type LoadedRules =
  | { readonly kind: "rules"; readonly ruleSet: RuleSet; readonly warnings: readonly RuleIssue[] }
  | { readonly kind: "invalid"; readonly issues: readonly RuleIssue[] };

export interface LoadOptions {
  /** The sources of events that there are; rules of others are skipped. */
  readonly sources?: readonly string[];
}

const MAX_RULES = 20_000;
/** Instructions of the regular expressions of all rules. Each takes some fifteen microseconds to be compiled. */
const MAX_EXPRESSIONS_SIZE = 200_000;
/** No event has this type: a rule that matches it does not say which types it wants. */
const ANY_OTHER_TYPE = "";

/** Reads files of rules, in their order, all or nothing. Never throws. */
export function loadRules(files: readonly RuleFile[], options: LoadOptions = {}): LoadedRules {
  const { items, issues: found } = readItems(files);
  const issues = [...found];
  const names = files.map(({ name }) => name);
  const definitions = collectDefinitions(items, issues);
  const ruleSet = new Loader(definitions, { issues, sources: options.sources ?? ["syscall"] }).load();
  if (ruleSet === undefined || issues.some(({ level }) => level === "error"))
    return { kind: "invalid", issues: inOrder(issues, names) };
  return { kind: "rules", ruleSet, warnings: inOrder(issues, names) };
}

/** As somebody reads the files; what is about all of them comes first. */
function inOrder(issues: readonly RuleIssue[], files: readonly string[]): readonly RuleIssue[] {
  const places = new Map(files.map((name, at) => [name, at]));
  const placeOf = ({ file }: RuleIssue): number => places.get(file) ?? -1;
  return [...issues].sort(
    (left, right) =>
      placeOf(left) - placeOf(right) || left.line - right.line || (left.column ?? 0) - (right.column ?? 0),
  );
}

class Loader {
  readonly #definitions: Definitions;
  readonly #issues: RuleIssue[];
  readonly #sources: readonly string[];
  readonly #answers = new EventAnswers();
  readonly #rules: Rule[] = [];
  readonly #skipped: SkippedRule[] = [];
  readonly #toldOfMacros = new Set<string>();
  #expressionsSize = 0;

  constructor(
    definitions: Definitions,
    options: { readonly issues: RuleIssue[]; readonly sources: readonly string[] },
  ) {
    this.#definitions = definitions;
    this.#issues = options.issues;
    this.#sources = options.sources;
  }

  load(): RuleSet | undefined {
    const { lists, rules } = this.#definitions;
    const texts = this.#try({ file: "", line: 1, name: "" }, () => new ListTexts(lists));
    if (texts === undefined) return undefined;
    if (rules.size > MAX_RULES) {
      this.#tell({ file: "", line: 1, name: "" }, "error", `expected at most ${MAX_RULES} rules`);
      return undefined;
    }
    const macros = new Macros(this.#definitions.macros, texts);
    const inOrder = [...rules.values()].sort((left, right) => left.index - right.index);
    for (const definition of inOrder) this.#addRule(definition, macros);
    this.#checkMacros(macros);
    // What a condition that cannot be read would use is not known.
    const isWhole = this.#issues.every(({ level }) => level === "warning");
    if (isWhole) this.#warnOfUnused(macros.used, texts.used);
    return { rules: this.#rules, skipped: this.#skipped };
  }

  #addRule(definition: RuleDefinition, macros: Macros): void {
    const { body } = definition;
    if (!this.#sources.includes(body.source)) {
      this.#skip(definition, `there are no events of source ${JSON.stringify(body.source)}`);
      return;
    }
    const read = this.#try(definition, () => macros.read(withExceptions(body.condition, body.exceptions)));
    if (read === undefined) return;
    const { expression, faults, doubts } = read;
    const unmade = expression === undefined ? [] : checkTypes(expression);
    const [first] = unmade;
    if (
      first !== undefined &&
      body.skipIfUnknownFilter &&
      unmade.every(({ isUnknownField }) => isUnknownField)
    ) {
      this.#skip(definition, first.fault);
      return;
    }
    for (const fault of faults) this.#tellOfRule(definition, fault);
    for (const doubt of doubts) this.#tellOfRule(definition, doubt, "warning");
    for (const { fault, at, macro } of unmade) {
      const inMacro = macro === undefined ? undefined : this.#definitions.macros.get(macro);
      if (inMacro === undefined) this.#tellOfRule(definition, { message: fault, at });
      else this.#tellOfMacro(inMacro, { message: fault, at });
    }
    const size = expression && this.#faultOfSize(expression);
    if (size !== undefined) this.#tell(definition, "error", size);
    const output = parseOutput(body.output);
    for (const { message, at } of output.faults) {
      const place = at === undefined ? undefined : placeIn(definition.pieces.output, at);
      this.#tell({ ...definition, ...place }, "error", message);
    }
    const isSound =
      faults.length === 0 && unmade.length === 0 && size === undefined && output.faults.length === 0;
    if (isSound && expression !== undefined) this.#keepRule(definition, expression, output.parts);
  }

  /** What stands in exceptions has no place of its own: they are written into the condition. */
  #tellOfRule(
    definition: RuleDefinition,
    { message, at }: PlacedFault,
    level: RuleIssue["level"] = "error",
  ): void {
    const { condition, exceptions } = definition.body;
    const opened = hasExceptions(exceptions) ? 1 : 0;
    const isOwn = at !== undefined && at - opened <= condition.length;
    const place = isOwn ? placeIn(definition.pieces.condition, at - opened) : undefined;
    const text = at === undefined || isOwn ? message : `in its exceptions: ${message}`;
    this.#tell({ ...definition, ...place }, level, text);
  }

  /** Once, however many rules use it. */
  #tellOfMacro(
    definition: MacroDefinition,
    { message, at }: PlacedFault,
    level: RuleIssue["level"] = "error",
  ): void {
    const place = at === undefined ? undefined : placeIn(definition.pieces, at);
    const key = JSON.stringify([definition.name, at, message]);
    if (this.#toldOfMacros.has(key)) return;
    this.#toldOfMacros.add(key);
    this.#tell({ ...definition, ...place }, level, message);
  }

  #faultOfSize(condition: ResolvedExpression): string | undefined {
    for (const { operator, right } of checksOf(condition)) {
      if (operator !== "regex" || right === undefined || right.kind === "value") continue;
      const patterns = right.kind === "literal" ? [right.text] : right.texts;
      for (const pattern of patterns) this.#expressionsSize += regularExpressionSize(pattern);
    }
    if (this.#expressionsSize <= MAX_EXPRESSIONS_SIZE) return undefined;
    return "regular expressions of all rules together are too large";
  }

  #keepRule(definition: RuleDefinition, condition: ResolvedExpression, output: readonly OutputPart[]): void {
    const { name, file, line, body, changes } = definition;
    const canMatch = (type: string): boolean =>
      simplify(condition, (check) => this.#answers.answer(check, type)) !== false;
    const named = new Set([...checksOf(condition)].flatMap(namedEventTypes));
    if (body.warnEventTypes && canMatch(ANY_OTHER_TYPE)) {
      this.#tell(definition, "warning", "names no types of events, and is asked for each event");
    }
    const { source, description, priority, tags, enabled, capture, captureDurationMs, action } = body;
    this.#rules.push({
      name,
      file,
      line,
      source,
      description,
      priority,
      tags,
      enabled,
      capture,
      captureDurationMs,
      action,
      conditionText: body.condition,
      condition,
      outputText: body.output,
      output,
      eventTypes: eventTypes.filter(canMatch),
      changes,
      foreignEventTypes: [...named].filter((type) => !isEventType(type) && canMatch(type)),
    });
  }

  #checkMacros(macros: Macros): void {
    for (const definition of this.#definitions.macros.values()) {
      const { faults, doubts } = macros.problemsOf(definition.name);
      for (const fault of faults) this.#tellOfMacro(definition, fault);
      for (const doubt of doubts) this.#tellOfMacro(definition, doubt, "warning");
    }
  }

  #warnOfUnused(macros: ReadonlySet<string>, lists: ReadonlySet<string>): void {
    for (const macro of this.#definitions.macros.values()) {
      if (!macros.has(macro.name)) this.#tell(macro, "warning", "this macro is not used");
    }
    for (const list of this.#definitions.lists.values()) {
      if (!lists.has(list.name)) this.#tell(list, "warning", "this list is not used");
    }
  }

  #skip({ name, file, line, body }: RuleDefinition, reason: string): void {
    this.#skipped.push({ name, file, line, source: body.source, reason });
    this.#tell({ name, file, line }, "warning", `rule is skipped: ${reason}`);
  }

  #try<Result>(place: Pick<RuleIssue, "file" | "line" | "name">, make: () => Result): Result | undefined {
    try {
      return make();
    } catch (thrown) {
      if (!(thrown instanceof RulesError)) throw thrown;
      this.#tell(place, "error", thrown.message);
      return undefined;
    }
  }

  #tell(
    { file, line, column, name }: Pick<RuleIssue, "file" | "line" | "column" | "name">,
    level: RuleIssue["level"],
    message: string,
  ): void {
    this.#issues.push({ file, line, ...(column !== undefined && { column }), name, level, message });
  }
}
