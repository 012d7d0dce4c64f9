import type { Expression, ResolvedExpression } from "../condition/expression.ts";
import { MAX_CONDITION_DEPTH, parseCondition } from "../condition/parse-condition.ts";
import type { MacroDefinition } from "../document/definitions.ts";
import { RulesError } from "../errors.ts";
import type { ListTexts } from "./list-texts.ts";

/** Macros of macros may double with each; what is shared counts as often as it is used. */
const MAX_PARTS = 200_000;
/** Of all rules together: a large macro costs as much in each rule that uses it as if it were written out there. */
const MAX_TOTAL_PARTS = 500_000;
/** Rules see every macro. */
const SEES_ALL = Number.POSITIVE_INFINITY;

interface Measured {
  readonly expression: ResolvedExpression;
  readonly parts: number;
  readonly depth: number;
}

/** Puts macros in the place of their names. */
export class Macros {
  readonly #definitions: ReadonlyMap<string, MacroDefinition>;
  readonly #lists: ListTexts;
  readonly #resolved = new Map<string, Measured | RulesError>();
  readonly #open = new Set<string>();
  #totalParts = 0;
  readonly used = new Set<string>();

  constructor(definitions: ReadonlyMap<string, MacroDefinition>, lists: ListTexts) {
    this.#definitions = definitions;
    this.#lists = lists;
  }

  /** Parses a rule's condition. Throws a `RulesError`. */
  parse(condition: string): ResolvedExpression {
    const { expression, parts } = this.#resolve(condition, SEES_ALL, (name) => this.used.add(name));
    this.#totalParts += parts;
    if (this.#totalParts <= MAX_TOTAL_PARTS) return expression;
    throw new RulesError(
      "CONDITION_INVALID",
      "conditions of all rules together are too large once their macros are filled in",
    );
  }

  /** Says what is wrong with a macro, whether it is used or not. */
  faultOf(name: string): string | undefined {
    const body = this.#bodyOf(name);
    return body instanceof RulesError ? body.message : undefined;
  }

  #resolve(condition: string, visibility: number, onUse?: (name: string) => void): Measured {
    const { text, sourceOf } = this.#lists.fill(condition);
    return this.#measure(parseCondition(text, sourceOf), { visibility, depth: 0, onUse });
  }

  #measure(
    expression: Expression,
    at: {
      readonly visibility: number;
      readonly depth: number;
      readonly onUse?: ((name: string) => void) | undefined;
    },
  ): Measured {
    switch (expression.kind) {
      case "check":
        return { expression, parts: 1, depth: 1 };
      case "macro":
        return this.#useMacro(expression.name, at);
      case "not": {
        const inner = this.#measure(expression.part, at);
        return bounded({ kind: "not", part: inner.expression }, [inner]);
      }
      case "and":
      case "or": {
        const inner = expression.parts.map((part) => this.#measure(part, at));
        return bounded({ kind: expression.kind, parts: inner.map((part) => part.expression) }, inner);
      }
    }
  }

  #useMacro(
    name: string,
    at: { readonly visibility: number; readonly onUse?: ((name: string) => void) | undefined },
  ): Measured {
    const definition = this.#definitions.get(name);
    if (definition === undefined || definition.index >= at.visibility) {
      throw new RulesError("CONDITION_INVALID", `undefined macro ${JSON.stringify(name)}`);
    }
    at.onUse?.(name);
    const body = this.#bodyOf(name);
    if (body instanceof RulesError) throw body;
    return bounded({ kind: "macro", name, body: body.expression }, [body]);
  }

  #bodyOf(name: string): Measured | RulesError {
    const known = this.#resolved.get(name);
    if (known !== undefined) return known;
    if (this.#open.has(name) || this.#open.size > MAX_CONDITION_DEPTH) {
      return new RulesError("CONDITION_INVALID", `macro ${JSON.stringify(name)} stands for itself`);
    }
    this.#open.add(name);
    const body = this.#tryBody(name);
    this.#open.delete(name);
    this.#resolved.set(name, body);
    return body;
  }

  #tryBody(name: string): Measured | RulesError {
    const definition = this.#definitions.get(name);
    if (definition === undefined)
      return new RulesError("CONDITION_INVALID", `undefined macro ${JSON.stringify(name)}`);
    try {
      return this.#resolve(definition.condition, definition.visibility, (used) => this.used.add(used));
    } catch (thrown) {
      if (!(thrown instanceof RulesError)) throw thrown;
      return new RulesError("CONDITION_INVALID", `in macro ${JSON.stringify(name)}: ${thrown.message}`);
    }
  }
}

function bounded(expression: ResolvedExpression, inner: readonly Measured[]): Measured {
  let [parts, depth] = [1, 0];
  for (const part of inner) {
    parts += part.parts;
    depth = Math.max(depth, part.depth);
  }
  if (parts > MAX_PARTS || depth >= MAX_CONDITION_DEPTH) {
    throw new RulesError("CONDITION_INVALID", "condition is too large once its macros are filled in");
  }
  return { expression, parts, depth: depth + 1 };
}
