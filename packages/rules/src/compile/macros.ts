import type { Expression, MacroUse, ResolvedExpression } from "../condition/expression.ts";
import {
  type BareWord,
  MAX_CONDITION_DEPTH,
  type PlacedFault,
  readCondition,
} from "../condition/parse-condition.ts";
import type { MacroDefinition } from "../document/definitions.ts";
import { RulesError } from "../errors.ts";
import type { ListTexts } from "./list-texts.ts";
import { nearName } from "./near-name.ts";

/** Macros of macros may double with each; what is shared counts as often as it is used. */
const MAX_PARTS = 200_000;
/** Of all rules together: a large macro costs as much in each rule that uses it as if it were written out there. */
const MAX_TOTAL_PARTS = 500_000;
/** Rules see every macro. */
const SEES_ALL = Number.POSITIVE_INFINITY;

/** A condition with its macros, as far as it could be read. */
export interface FilledCondition {
  /** Undefined where too little of it could be read. */
  readonly expression: ResolvedExpression | undefined;
  /** What is wrong with what it says itself; macros have their own. */
  readonly faults: readonly PlacedFault[];
  /** What may not mean what it says. */
  readonly doubts: readonly PlacedFault[];
}

interface Measured {
  readonly expression: ResolvedExpression;
  readonly parts: number;
  readonly depth: number;
}

/** What is read of one condition, and how. */
interface Reading {
  readonly visibility: number;
  readonly faults: PlacedFault[];
}

interface Body {
  readonly measured: Measured;
  readonly faults: readonly PlacedFault[];
  readonly doubts: readonly PlacedFault[];
}

/** Stands for what could not be read. */
const nothing: Measured = { expression: { kind: "and", parts: [] }, parts: 1, depth: 1 };

/** Puts macros in the place of their names. */
export class Macros {
  readonly #definitions: ReadonlyMap<string, MacroDefinition>;
  readonly #lists: ListTexts;
  readonly #bodies = new Map<string, Body>();
  readonly #open = new Set<string>();
  #totalParts = 0;
  readonly used = new Set<string>();

  constructor(definitions: ReadonlyMap<string, MacroDefinition>, lists: ListTexts) {
    this.#definitions = definitions;
    this.#lists = lists;
  }

  /** Reads a rule's condition. Throws a `RulesError` where it, or all of them together, are too large. */
  read(condition: string): FilledCondition {
    const { measured, faults, doubts } = this.#resolve(condition, SEES_ALL);
    this.#totalParts += measured.parts;
    const expression = measured === nothing ? undefined : measured.expression;
    if (this.#totalParts <= MAX_TOTAL_PARTS) return { expression, faults, doubts };
    throw new RulesError(
      "CONDITION_INVALID",
      "conditions of all rules together are too large once their macros are filled in",
    );
  }

  /** Says what is wrong with a macro, whether it is used or not. */
  problemsOf(name: string): Pick<FilledCondition, "faults" | "doubts"> {
    return this.#bodyOf(name);
  }

  #resolve(condition: string, visibility: number): Body {
    const { text, source } = this.#lists.fill(condition);
    const { expression, faults: found, bareWords } = readCondition(text, source);
    const faults = [...found];
    const measured = expression === undefined ? nothing : this.#measure(expression, { visibility, faults });
    return { measured, faults, doubts: bareWords.flatMap((word) => this.#doubtsOf(word)) };
  }

  /** The language takes a name that no list has for a text. */
  #doubtsOf({ text, at, isAlone }: BareWord): readonly PlacedFault[] {
    const meant = this.#lists.has(text) ? undefined : nearName(text, this.#lists.names);
    if (this.#lists.has(text) || (meant === undefined && !isAlone)) return [];
    const message = `no list has the name ${JSON.stringify(text)}, and it is compared as a text`;
    return [{ message: withMeant(message, meant), at }];
  }

  #measure(expression: Expression, reading: Reading): Measured {
    switch (expression.kind) {
      case "check":
        return { expression, parts: 1, depth: 1 };
      case "macro":
        return this.#useMacro(expression, reading);
      case "not": {
        const inner = this.#measure(expression.part, reading);
        return bounded({ kind: "not", part: inner.expression }, [inner]);
      }
      case "and":
      case "or": {
        const inner = expression.parts.map((part) => this.#measure(part, reading));
        return bounded({ kind: expression.kind, parts: inner.map((part) => part.expression) }, inner);
      }
    }
  }

  #useMacro({ name, at }: MacroUse, { visibility, faults }: Reading): Measured {
    const definition = this.#definitions.get(name);
    if (definition === undefined || definition.index >= visibility) {
      const message = `undefined macro ${JSON.stringify(name)}`;
      const meant = definition === undefined ? nearName(name, this.#definitions.keys()) : undefined;
      faults.push({ message: withMeant(message, meant), at });
      return nothing;
    }
    this.used.add(name);
    if (this.#open.has(name) || this.#open.size > MAX_CONDITION_DEPTH) {
      faults.push({ message: `macro ${JSON.stringify(name)} stands for itself`, at });
      return nothing;
    }
    const { measured } = this.#bodyOf(name);
    return bounded({ kind: "macro", name, at, body: measured.expression }, [measured]);
  }

  #bodyOf(name: string): Body {
    const known = this.#bodies.get(name);
    if (known !== undefined) return known;
    this.#open.add(name);
    const body = this.#tryBody(name);
    this.#open.delete(name);
    this.#bodies.set(name, body);
    return body;
  }

  #tryBody(name: string): Body {
    const definition = this.#definitions.get(name);
    if (definition === undefined) return unread([]);
    try {
      return this.#resolve(definition.condition, definition.visibility);
    } catch (thrown) {
      if (!(thrown instanceof RulesError)) throw thrown;
      return unread([{ message: thrown.message, at: undefined }]);
    }
  }
}

function unread(faults: readonly PlacedFault[]): Body {
  return { measured: nothing, faults, doubts: [] };
}

function withMeant(message: string, meant: string | undefined): string {
  return meant === undefined ? message : `${message}; ${JSON.stringify(meant)} may be meant`;
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
