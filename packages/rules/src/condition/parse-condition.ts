import {
  type Check,
  type Expression,
  listOperators,
  numberOperators,
  type Operand,
  type Operator,
  type Quantifier,
  quantifiers,
  type Term,
  type TextOperator,
  type TransformerInput,
  textOperators,
  transformers,
} from "./expression.ts";
import { Scanner } from "./scanner.ts";

/** As deep as rules of others may be nested, and as we walk without fear for the stack. */
export const MAX_CONDITION_DEPTH = 1000;
/** In UTF-16 units, once lists are filled in. */
export const MAX_CONDITION_LENGTH = 16_777_216;
const MAX_TRANSFORMER_DEPTH = 20;

// One letter each: with more, a long name could be parted in as many ways as it has letters.
const FIELD = /[a-zA-Z][a-zA-Z0-9_]*(?:\.[a-zA-Z][a-zA-Z0-9_]*)+/uy;
const IDENTIFIER = /[a-zA-Z][a-zA-Z0-9_]*/uy;
const BARE_ARGUMENT = /[^[\]"'\s]+/uy;
const NUMBER = /0[xX][0-9a-fA-F]+|[+-]?[0-9]+\.?[0-9]*(?:[eE][+-][0-9]+)?/uy;
const BARE_TEXT = /[^()"'\s=,]+/uy;
const QUANTIFIER = /(?:oneof|anyof|allof)(?=[\s(])/uy;
const SYMBOL = /<=|<|>=|>|==|=|!=/uy;
const WORD = /[a-z]+/uy;

/** What a part of the text was before lists were filled in. */
export type SourceText = (start: number, end: number) => string;

/**
 * Parses a condition whose lists are filled in already. Throws a `RulesError`.
 * The grammar is the one of Falco's library, `userspace/libsinsp/filter/parser.h`.
 */
export function parseCondition(
  text: string,
  sourceOf: SourceText = (from, to) => text.slice(from, to),
): Expression {
  const parser = new ConditionParser(text, sourceOf);
  return parser.parseWhole();
}

/** Parses `tolower(proc.name)` or `proc.aname[2]` at the start of a text, and says how long it is. */
export function parseTermPrefix(text: string): { readonly term: Term; readonly length: number } {
  const parser = new ConditionParser(text, () => "");
  return parser.parseTermPrefix();
}

class ConditionParser {
  readonly #scanner: Scanner;
  readonly #sourceOf: SourceText;
  #depth = 0;

  constructor(text: string, sourceOf: SourceText) {
    this.#scanner = new Scanner(text);
    this.#sourceOf = sourceOf;
  }

  parseWhole(): Expression {
    if (this.#scanner.text.length > MAX_CONDITION_LENGTH) {
      throw this.#scanner.failure(`condition is longer than ${MAX_CONDITION_LENGTH} characters`);
    }
    const expression = this.#parseOr();
    this.#scanner.skipBlanks();
    if (!this.#scanner.atEnd) throw this.#scanner.failure("expected 'and', 'or' or the end");
    return expression;
  }

  parseTermPrefix(): { readonly term: Term; readonly length: number } {
    const term = this.#takeTransformer(0) ?? this.#takeField();
    if (term === undefined) throw this.#scanner.failure("expected a field");
    return { term, length: this.#scanner.position };
  }

  #parseOr(): Expression {
    this.#depth += 1;
    if (this.#depth > MAX_CONDITION_DEPTH) {
      throw this.#scanner.failure(`condition is nested deeper than ${MAX_CONDITION_DEPTH}`);
    }
    const parts = [this.#parseAnd()];
    while (this.#takeKeyword("or")) parts.push(this.#parseAnd());
    this.#depth -= 1;
    return junction("or", parts);
  }

  #parseAnd(): Expression {
    const parts = [this.#parseNot()];
    while (this.#takeKeyword("and")) parts.push(this.#parseNot());
    return junction("and", parts);
  }

  #parseNot(): Expression {
    let negated = false;
    while (this.#takeKeyword("not")) negated = !negated;
    const part = this.#parsePrimary();
    return negated ? { kind: "not", part } : part;
  }

  #takeKeyword(word: string): boolean {
    this.#scanner.skipBlanks();
    return this.#scanner.takeWord(word);
  }

  #parsePrimary(): Expression {
    const scanner = this.#scanner;
    scanner.skipBlanks();
    if (scanner.takeText("(")) {
      const inner = this.#parseOr();
      this.#expect(")");
      return inner;
    }
    const start = scanner.position;
    const left = this.#takeTransformer(0) ?? this.#takeField();
    if (left !== undefined) return this.#parseCheck(left, start);
    const name = scanner.take(IDENTIFIER);
    if (name === undefined) throw scanner.failure("expected a field, a macro or '('");
    return { kind: "macro", name };
  }

  #takeField(): Term | undefined {
    const name = this.#scanner.take(FIELD);
    return name === undefined ? undefined : { kind: "field", name, argument: this.#takeArgument() };
  }

  #takeArgument(): string | undefined {
    if (!this.#scanner.takeText("[")) return undefined;
    const argument = this.#scanner.takeQuoted() ?? this.#scanner.take(BARE_ARGUMENT);
    if (argument === undefined) throw this.#scanner.failure("expected an argument");
    if (!this.#scanner.takeText("]")) throw this.#scanner.failure("expected ']'");
    return argument;
  }

  #takeTransformer(depth: number): Term | undefined {
    const name = transformers.find((known) => this.#scanner.takeText(`${known}(`));
    if (name === undefined) return undefined;
    if (depth > MAX_TRANSFORMER_DEPTH) {
      throw this.#scanner.failure(`transformers are nested deeper than ${MAX_TRANSFORMER_DEPTH}`);
    }
    const inputs = this.#parseInputs(depth + 1);
    return { kind: "transformer", name, inputs, argument: this.#takeArgument() };
  }

  /** After the opening parenthesis, with the closing one. */
  #parseInputs(depth: number): readonly TransformerInput[] {
    this.#scanner.skipBlanks();
    const inputs: TransformerInput[] = [];
    if (this.#scanner.takeText(")")) return inputs;
    do inputs.push(this.#parseInput(depth));
    while (this.#takeComma());
    this.#expect(")");
    return inputs;
  }

  #parseInput(depth: number): TransformerInput {
    const scanner = this.#scanner;
    scanner.skipBlanks();
    const term = this.#takeTransformer(depth) ?? this.#takeField();
    if (term !== undefined) return term;
    const text = scanner.takeQuoted();
    if (text !== undefined) return { kind: "text", text };
    const number = scanner.take(NUMBER);
    if (number !== undefined) return { kind: "number", text: number };
    if (depth > MAX_TRANSFORMER_DEPTH || !scanner.takeText("(")) {
      throw scanner.failure("expected a field, a text, a number or a list");
    }
    return { kind: "list", items: this.#parseInputs(depth + 1) };
  }

  #parseCheck(left: Term, start: number): Check {
    this.#scanner.skipBlanks();
    const operator = this.#takeOperator();
    this.#scanner.skipBlanks();
    const { quantifier, right } = this.#parseOperand(operator);
    const text = this.#sourceOf(start, this.#scanner.position);
    return { kind: "check", left, operator, quantifier, right, text };
  }

  #takeOperator(): Operator {
    const word = this.#scanner.take(SYMBOL) ?? this.#scanner.take(WORD);
    const operator = word === undefined ? undefined : operators.get(word);
    const next = this.#scanner.text.charAt(this.#scanner.position);
    if (operator === undefined || !endsOperator(operator, next)) {
      throw this.#scanner.failure(`expected an operator, found ${JSON.stringify(word ?? "")}`);
    }
    return operator;
  }

  #parseOperand(operator: Operator): Pick<Check, "quantifier" | "right"> {
    if (operator === "exists") return { quantifier: undefined, right: undefined };
    const quantifier = isTextOperator(operator) ? this.#takeQuantifier() : undefined;
    if (quantifier !== undefined) return { quantifier, right: this.#parseLiterals() };
    const value = this.#takeValue();
    if (value !== undefined) return { quantifier, right: value };
    if (isListOperator(operator)) return { quantifier, right: this.#parseLiterals() };
    const text = isTextOperator(operator) ? this.#takeText() : this.#scanner.take(NUMBER);
    if (text === undefined) {
      throw this.#scanner.failure(isTextOperator(operator) ? "expected a value" : "expected a number");
    }
    return { quantifier, right: { kind: "literal", text } };
  }

  #takeQuantifier(): Quantifier | undefined {
    const word = this.#scanner.take(QUANTIFIER);
    return quantifiers.find((known) => known === word);
  }

  #takeValue(): Operand | undefined {
    if (this.#scanner.takeText("val(")) {
      this.#scanner.skipBlanks();
      const term = this.#takeField();
      if (term === undefined) throw this.#scanner.failure("expected a field");
      this.#expect(")");
      return { kind: "value", term };
    }
    const term = this.#takeTransformer(0);
    return term === undefined ? undefined : { kind: "value", term };
  }

  #takeText(): string | undefined {
    return this.#scanner.takeQuoted() ?? this.#scanner.take(BARE_TEXT);
  }

  #parseLiterals(): Operand {
    const scanner = this.#scanner;
    scanner.skipBlanks();
    if (!scanner.takeText("(")) {
      const text = scanner.take(BARE_TEXT);
      if (text === undefined) throw scanner.failure("expected '(' or the name of a list");
      return { kind: "literals", texts: [text] };
    }
    const texts: string[] = [];
    scanner.skipBlanks();
    if (scanner.takeText(")")) return { kind: "literals", texts };
    do {
      scanner.skipBlanks();
      const text = this.#takeText();
      if (text === undefined) throw scanner.failure("expected a value");
      texts.push(text);
    } while (this.#takeComma());
    this.#expect(")");
    return { kind: "literals", texts };
  }

  #takeComma(): boolean {
    this.#scanner.skipBlanks();
    return this.#scanner.takeText(",");
  }

  #expect(text: string): void {
    this.#scanner.skipBlanks();
    if (!this.#scanner.takeText(text)) throw this.#scanner.failure(`expected '${text}'`);
  }
}

function junction(kind: "and" | "or", parts: readonly Expression[]): Expression {
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : { kind, parts };
}

const operators: ReadonlyMap<string, Operator> = new Map([
  ["==", "="],
  ["exists", "exists"],
  ...[...numberOperators, ...textOperators, ...listOperators].flatMap((name) =>
    name === "==" ? [] : [[name, name] as const],
  ),
]);

/** Whether this check compares with one text, and may therefore be quantified over several. */
function isTextOperator(operator: Operator): operator is TextOperator {
  return textOperators.some((name) => name === operator);
}

/** Whether this check compares with a list. */
function isListOperator(operator: Operator): operator is (typeof listOperators)[number] {
  return listOperators.some((name) => name === operator);
}

/** Words that take one value need a blank after them; those that take a list may be followed by it at once. */
function endsOperator(operator: Operator, next: string): boolean {
  if (!/^[a-z]/u.test(operator)) return true;
  if (operator === "exists") return !/[a-zA-Z0-9_.]/u.test(next);
  return /\s/u.test(next) || (isListOperator(operator) && next === "(");
}
