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
import { ConditionFault, Scanner } from "./scanner.ts";

/** As deep as rules of others may be nested, and as we walk without fear for the stack. */
export const MAX_CONDITION_DEPTH = 1000;
/** In UTF-16 units, once lists are filled in. */
export const MAX_CONDITION_LENGTH = 16_777_216;
const MAX_TRANSFORMER_DEPTH = 20;
/** Of one condition. */
const MAX_FAULTS = 100;

// One letter each: with more, a long name could be parted in as many ways as it has letters.
const FIELD = /[a-zA-Z][a-zA-Z0-9_]*(?:\.[a-zA-Z][a-zA-Z0-9_]*)+/uy;
const IDENTIFIER = /[a-zA-Z][a-zA-Z0-9_]*/uy;
const BARE_ARGUMENT = /[^[\]"'\s]+/uy;
const NUMBER = /0[xX][0-9a-fA-F]+|[+-]?[0-9]+\.?[0-9]*(?:[eE][+-][0-9]+)?/uy;
const BARE_TEXT = /[^()"'\s=,]+/uy;
const QUANTIFIER = /(?:oneof|anyof|allof)(?=[\s(])/uy;
const SYMBOL = /<=|<|>=|>|==|=|!=/uy;
const WORD = /[a-z]+/uy;

/** What the text was before lists were filled in. */
export interface ConditionSource {
  /** What its author wrote where a part of it is now. */
  readonly textOf: (start: number, end: number) => string;
  /** The offset in what its author wrote. */
  readonly offsetOf: (at: number) => number;
}

/** One thing that is wrong with a condition. */
export interface PlacedFault {
  readonly message: string;
  /** The offset in what its author wrote; undefined where it is the condition as a whole. */
  readonly at: number | undefined;
}

/** A condition as far as it could be read. */
export interface ReadCondition {
  /** With `exists` in the place of checks that could not be read; undefined where the rest could not be told apart. */
  readonly expression: Expression | undefined;
  readonly faults: readonly PlacedFault[];
  /** Words without quotes that stand where a list may, and that are not filled in from one. */
  readonly bareWords: readonly BareWord[];
}

export interface BareWord {
  readonly text: string;
  readonly at: number;
  /** Whether nothing but the name of a list may stand there: it is in no parentheses. */
  readonly isAlone: boolean;
}

interface ReadingOptions {
  /** Takes what is wrong with one check; whoever throws there goes no further. */
  readonly onFault: (fault: ConditionFault) => void;
  readonly onBareWord?: (word: BareWord) => void;
}

/**
 * Parses a condition whose lists are filled in already, and goes on after a check that cannot be read.
 * The grammar is the one of Falco's library, `userspace/libsinsp/filter/parser.h`.
 */
export function readCondition(text: string, source: ConditionSource = asItStands(text)): ReadCondition {
  const faults: PlacedFault[] = [];
  const bareWords: BareWord[] = [];
  const onFault = (fault: ConditionFault): void => {
    if (faults.length < MAX_FAULTS) faults.push({ message: fault.what, at: source.offsetOf(fault.at) });
  };
  const onBareWord = (word: BareWord): void => {
    if (bareWords.length < MAX_FAULTS) bareWords.push(word);
  };
  try {
    const expression = new ConditionParser(text, source, { onFault, onBareWord }).parseWhole();
    return { expression, faults, bareWords };
  } catch (thrown) {
    if (!(thrown instanceof ConditionFault)) throw thrown;
    onFault(thrown);
    return { expression: undefined, faults, bareWords };
  }
}

function refuse(fault: ConditionFault): never {
  throw fault;
}

function asItStands(text: string): ConditionSource {
  return { textOf: (from, to) => text.slice(from, to), offsetOf: (at) => at };
}

/** Parses `tolower(proc.name)` or `proc.aname[2]` at the start of a text, and says how long it is. */
export function parseTermPrefix(text: string): { readonly term: Term; readonly length: number } {
  const parser = new ConditionParser(text, asItStands(text), { onFault: refuse });
  return parser.parseTermPrefix();
}

class ConditionParser {
  readonly #scanner: Scanner;
  readonly #source: ConditionSource;
  readonly #options: ReadingOptions;
  #depth = 0;

  constructor(text: string, source: ConditionSource, options: ReadingOptions) {
    this.#scanner = new Scanner(text);
    this.#source = source;
    this.#options = options;
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
    return { kind: "macro", name, at: this.#source.offsetOf(start) };
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
    const compared = this.#parseComparison();
    const text = this.#source.textOf(start, this.#scanner.position);
    return { kind: "check", left, ...compared, text, at: this.#source.offsetOf(start) };
  }

  /** What cannot be read is told, and `exists` stands for it: what follows may be wrong as well. */
  #parseComparison(): Pick<Check, "operator" | "quantifier" | "right"> {
    const scanner = this.#scanner;
    const start = scanner.position;
    try {
      const operator = this.#takeOperator();
      scanner.skipBlanks();
      return { operator, ...this.#parseOperand(operator) };
    } catch (thrown) {
      if (!(thrown instanceof ConditionFault) || !scanner.skipCheck(start)) throw thrown;
      this.#options.onFault(thrown);
      return { operator: "exists", quantifier: undefined, right: undefined };
    }
  }

  #takeOperator(): Operator {
    const start = this.#scanner.position;
    const word = this.#scanner.take(SYMBOL) ?? this.#scanner.take(WORD);
    const operator = word === undefined ? undefined : operators.get(word);
    const next = this.#scanner.text.charAt(this.#scanner.position);
    if (operator === undefined || !endsOperator(operator, next)) {
      throw this.#scanner.failure(`expected an operator, found ${JSON.stringify(word ?? "")}`, start);
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
      const text = this.#takeBareWord({ isAlone: true });
      if (text === undefined) throw scanner.failure("expected '(' or the name of a list");
      return { kind: "literals", texts: [text] };
    }
    const texts: string[] = [];
    scanner.skipBlanks();
    if (scanner.takeText(")")) return { kind: "literals", texts };
    do {
      scanner.skipBlanks();
      const text = scanner.takeQuoted() ?? this.#takeBareWord({ isAlone: false });
      if (text === undefined) throw scanner.failure("expected a value");
      texts.push(text);
    } while (this.#takeComma());
    this.#expect(")");
    return { kind: "literals", texts };
  }

  #takeBareWord({ isAlone }: Pick<BareWord, "isAlone">): string | undefined {
    const start = this.#scanner.position;
    const text = this.#scanner.take(BARE_TEXT);
    const { onBareWord } = this.#options;
    if (text === undefined || onBareWord === undefined || !(isAlone || text.includes("_"))) return text;
    const isOwn = this.#source.textOf(start, this.#scanner.position) === text;
    if (isOwn) onBareWord({ text, at: this.#source.offsetOf(start), isAlone });
    return text;
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
