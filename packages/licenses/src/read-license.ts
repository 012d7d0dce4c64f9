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

/** A recursive descent: `or` over `and` over names and parentheses (SPDX 2.3, annex D.4). */
class ExpressionReader {
  /** Whether some name was one that is known. */
  knowsAny = false;
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = [...text.matchAll(/[();]|\|\|?|[^\s();|]+/gu)].map(([token]) => token);
  }

  readAll(): LicenseExpression | undefined {
    const expression = this.#readList("or", 0);
    return this.#at === this.#tokens.length ? expression : undefined;
  }

  #readList(kind: "and" | "or", depth: number): LicenseExpression | undefined {
    const terms: LicenseExpression[] = [];
    do {
      const term = kind === "or" ? this.#readList("and", depth) : this.#readTerm(depth);
      if (term === undefined) return undefined;
      terms.push(term);
    } while (this.#takeOperator(kind));
    return compoundOf(kind, terms);
  }

  #takeOperator(kind: "and" | "or"): boolean {
    if (operatorOf(this.#tokens[this.#at]) !== kind) return false;
    this.#at += 1;
    return true;
  }

  #readTerm(depth: number): LicenseExpression | undefined {
    if (this.#tokens[this.#at] !== "(") return this.#readOperand();
    if (depth === MAX_DEPTH) return undefined;
    this.#at += 1;
    const inner = this.#readList("or", depth + 1);
    if (inner === undefined || this.#tokens[this.#at] !== ")") return undefined;
    this.#at += 1;
    return inner;
  }

  #readOperand(): LicenseExpression | undefined {
    const start = this.#at;
    while (isPartOfName(this.#tokens[this.#at])) this.#at += 1;
    if (this.#at === start) return undefined;
    const words = this.#tokens.slice(start, this.#at);
    const known = this.#readShortForm(start) ?? readWords(words);
    if (known !== undefined) this.knowsAny = true;
    return known ?? referenceTo(words);
  }

  /** `The MIT License (MIT)` beside others: the short form belongs to the name. */
  #readShortForm(start: number): LicenseExpression | undefined {
    if (this.#tokens[this.#at] !== "(") return undefined;
    let end = this.#at + 1;
    while (isPartOfName(this.#tokens[end])) end += 1;
    if (this.#tokens[end] !== ")") return undefined;
    const known = readName(this.#tokens.slice(start, end + 1).join(" "));
    if (known !== undefined) this.#at = end + 1;
    return known;
  }
}

function operatorOf(token: string | undefined): "and" | "or" | undefined {
  return token === undefined ? undefined : operators.get(token.toLowerCase());
}

function isPartOfName(token: string | undefined): boolean {
  return token !== undefined && token !== "(" && token !== ")" && operatorOf(token) === undefined;
}

function readWords(words: readonly string[]): LicenseExpression | undefined {
  const text = words.join(" ").replace(/,$/u, "");
  return readName(text) ?? readWithException(text) ?? readList(text, ",", "and") ?? readList(text, "/", "or");
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
  if (/exception|\bCPE\b/iu.test(terms)) return base;
  return compoundOf("and", [base, readName(terms) ?? referenceTo(behind)]);
}

/** Names with nothing but a comma or a slash between them; all of them have to be known. */
function readList(text: string, separator: string, kind: "and" | "or"): LicenseExpression | undefined {
  const parts = text.split(separator);
  if (parts.length < 2) return undefined;
  const terms = parts.map(readName).filter((term) => term !== undefined);
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
