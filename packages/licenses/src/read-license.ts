import { compoundOf, type LicenseExpression } from "./expression.ts";
import { readException, readName } from "./read-name.ts";

/** Characters of a text that is looked at; lists of RPM's have some thousands. */
const MAX_LENGTH = 16_384;
/** Parentheses in parentheses; real ones have two. */
const MAX_DEPTH = 32;

/**
 * Reads what a package says of its licence: an expression of SPDX, or one of the ways in which package managers, and
 * people, write it (`GPLv2+ and MIT`, `Apache License, Version 2.0`). Undefined where no licence in it is known.
 *
 * An unknown name beside known ones becomes a reference (`LicenseRef-…`), and so do terms behind a `with`. An exception that
 * has no identifier is left out: what remains allows less than was meant. The time is in proportion to the length of the text.
 */
export function readLicense(text: string): LicenseExpression | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const plain = withPlainPlus(text);
  const whole = readName(plain);
  if (whole !== undefined) return whole;
  const reader = new ExpressionReader(plain);
  const expression = reader.readAll();
  return reader.knowsAny ? expression : undefined;
}

/** `2 or any later version`, `>= 2` and the like, as `2+`. */
function withPlainPlus(text: string): string {
  return text
    .replaceAll(/\(?\bat your option\b\)?/giu, "")
    .replaceAll(
      /,?[ \t]{1,8}(?:or|and)[ \t]{1,8}(?:any[ \t]{1,8})?(?:later|newer|greater|above|higher)\b/giu,
      "+",
    )
    .replaceAll(/\+[ \t]{1,8}versions?\b/giu, "+")
    .replaceAll(/>=[ \t]{0,8}(?:v(?:ersion)?[ \t.]{0,8})?(\d{1,3}(?:\.\d{1,3})?)/giu, "$1+");
}

/** From what binds least; with a comma before it an operator binds less than any without (Debian, copyright-format 1.0, 7.2). */
const precedence = [", and", ", or", "or", "and"] as const;

type Operator = (typeof precedence)[number];

/** Operators by how they are written, in lower case. */
const operators: ReadonlyMap<string, "and" | "or"> = new Map([
  ["and", "and"],
  ["&", "and"],
  ["&&", "and"],
  [";", "and"],
  ["or", "or"],
  ["|", "or"],
  ["||", "or"],
  ["and/or", "or"],
]);

/** What a text falls into: parentheses, operators, and words of names. */
type Token =
  | { readonly kind: "(" | ")" }
  | { readonly kind: "operator"; readonly operator: Operator }
  | { readonly kind: "word"; readonly word: string };

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  for (const [word] of text.matchAll(/[();]|\|\|?|[^\s();|]+/gu)) {
    const operator = operators.get(word.toLowerCase());
    if (word === "(" || word === ")") tokens.push({ kind: word });
    else if (operator === undefined) tokens.push({ kind: "word", word });
    else tokens.push({ kind: "operator", operator: takeComma(tokens) ? `, ${operator}` : operator });
  }
  return tokens;
}

/** Takes a comma off the end of what was read, and tells whether there was one. */
function takeComma(tokens: Token[]): boolean {
  const last = tokens.at(-1);
  if (last?.kind !== "word" || !last.word.endsWith(",")) return false;
  tokens.pop();
  if (last.word !== ",") tokens.push({ kind: "word", word: last.word.slice(0, -1) });
  return true;
}

/** A recursive descent: operators by their precedence over names and parentheses (SPDX 2.3, annex D.4). */
class ExpressionReader {
  /** Whether some name was one that is known. */
  knowsAny = false;
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = tokensOf(text);
  }

  readAll(): LicenseExpression | undefined {
    const expression = this.#readList(0, 0);
    return this.#at === this.#tokens.length ? expression : undefined;
  }

  #readList(level: number, depth: number): LicenseExpression | undefined {
    const operator = precedence[level];
    if (operator === undefined) return this.#readTerm(depth);
    const terms: LicenseExpression[] = [];
    do {
      const term = this.#readList(level + 1, depth);
      if (term === undefined) return undefined;
      terms.push(term);
    } while (this.#takeOperator(operator));
    const [only] = terms;
    if (only !== undefined && terms.length === 1) return only;
    return compoundOf(operator === ", and" || operator === "and" ? "and" : "or", terms);
  }

  #takeOperator(operator: Operator): boolean {
    const token = this.#tokens[this.#at];
    if (token?.kind !== "operator" || token.operator !== operator) return false;
    this.#at += 1;
    return true;
  }

  #readTerm(depth: number): LicenseExpression | undefined {
    if (!this.#isNext("(")) return this.#readOperand();
    if (depth === MAX_DEPTH) return undefined;
    this.#at += 1;
    const inner = this.#readList(0, depth + 1);
    if (inner === undefined || !this.#isNext(")")) return undefined;
    this.#at += 1;
    return inner;
  }

  #readOperand(): LicenseExpression | undefined {
    const words = this.#takeWords();
    if (words.length === 0) return undefined;
    const known = this.#readShortForm(words) ?? readWords(words);
    if (known !== undefined) this.knowsAny = true;
    return known ?? referenceTo(words);
  }

  /** `The MIT License (MIT)` beside others: the short form belongs to the name. */
  #readShortForm(words: readonly string[]): LicenseExpression | undefined {
    if (!this.#isNext("(")) return undefined;
    const start = this.#at;
    this.#at += 1;
    const short = this.#takeWords();
    const known = this.#isNext(")") ? readName([...words, "(", ...short, ")"].join(" ")) : undefined;
    this.#at = known === undefined ? start : this.#at + 1;
    return known;
  }

  #takeWords(): readonly string[] {
    const words: string[] = [];
    for (let token = this.#tokens[this.#at]; token?.kind === "word"; token = this.#tokens[this.#at]) {
      words.push(token.word);
      this.#at += 1;
    }
    return words;
  }

  #isNext(kind: "(" | ")"): boolean {
    return this.#tokens[this.#at]?.kind === kind;
  }
}

function readWords(words: readonly string[]): LicenseExpression | undefined {
  const text = words.join(" ").replace(/,$/u, "");
  return readName(text) ?? readList(text, ",", "and") ?? readWithException(text) ?? readList(text, "/", "or");
}

/**
 * `GPL-2.0-only WITH Classpath-exception-2.0`, and Debian's `GPL-3+-with-autoconf-exception`. What is called no exception may
 * forbid something (`Apache 2.0 with Commons Clause`), so it holds besides.
 */
function readWithException(text: string): LicenseExpression | undefined {
  const [name = "", ...behind] = text.split(/[\s-]with[\s-]/iu);
  if (behind.length === 0) return undefined;
  const base = readName(name);
  if (base === undefined) return undefined;
  const terms = behind.join(" ");
  const exception = readException(terms);
  if (base.kind === "license" && exception !== undefined) return { ...base, exception };
  if (/exception|\bCPE\b/iu.test(terms) && !/[,/]/u.test(terms)) return base;
  return compoundOf("and", [base, readName(terms) ?? referenceTo(behind)]);
}

/** Names with nothing but a comma or a slash between them; all of them have to be known. */
function readList(text: string, separator: string, kind: "and" | "or"): LicenseExpression | undefined {
  const parts = text.split(separator);
  if (parts.length < 2) return undefined;
  const terms = parts
    .map((part) => readName(part) ?? readWithException(part))
    .filter((term) => term !== undefined);
  return terms.length === parts.length ? compoundOf(kind, terms) : undefined;
}

function referenceTo(words: readonly string[]): LicenseExpression {
  const name = words
    .join("-")
    .replaceAll(/[^A-Za-z0-9.]+/gu, "-")
    .slice(0, 64)
    .replaceAll(/^-|-$/gu, "");
  return { kind: "reference", name: `LicenseRef-${name === "" ? "unknown" : name}` };
}
