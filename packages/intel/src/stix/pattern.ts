import type { Expected } from "../canonical/observable.ts";

/** What a pattern names: any one of them is a match. */
interface PatternTerm {
  readonly text: string;
  readonly expected: Expected;
  readonly port?: number;
}

/** The terms of a pattern, or why it cannot be told as a list of addresses, names and URLs. */
export type PatternReading =
  | { readonly kind: "terms"; readonly terms: readonly PatternTerm[] }
  | { readonly kind: "unsupported"; readonly reason: string };

const MAX_PATTERN = 64 * 1024;
const MAX_TERMS = 1000;
const MAX_NESTING = 32;

/** Object paths that name what can be looked up (STIX 2.1 part 6). */
const PATHS: Readonly<Record<string, Expected>> = {
  "ipv4-addr:value": "address",
  "ipv6-addr:value": "address",
  "network-traffic:dst_ref.value": "address",
  "domain-name:value": "domain",
  "url:value": "url",
  "file:hashes.MD5": "hash",
  "file:hashes.'MD5'": "hash",
  "file:hashes.'SHA-1'": "hash",
  "file:hashes.'SHA-256'": "hash",
  "file:hashes.'SHA-512'": "hash",
};
const PORT_PATH = "network-traffic:dst_port";

const TOKEN =
  /(?:(?<string>'(?:[^'\\]|\\.)*')|(?<path>[a-z][a-z0-9-]*:[\w-]+(?:\[(?:\*|\d+)\]|\.(?:[\w-]+|'[^']*'))*)|(?<word>[A-Za-z]+)|(?<number>\d+)|(?<symbol>[[\](),]|!=|<=|>=|=|<|>))/uy;

interface Token {
  readonly kind: "string" | "path" | "word" | "number" | "symbol" | "end";
  readonly text: string;
}

class Unsupported extends Error {}

/**
 * Reads the part of STIX patterning (part 9) that says "one of these": comparisons by `=`, `IN` and `ISSUBSET`, joined
 * by `OR`; by `AND` only where a port narrows an address. Everything else is narrower than any of its parts, and to
 * list the parts would block what the pattern does not mean: it is unsupported, never half read.
 */
export function readPattern(pattern: string): PatternReading {
  if (pattern.length > MAX_PATTERN) return { kind: "unsupported", reason: "a pattern that is too long" };
  try {
    const parser = new PatternParser(pattern);
    return { kind: "terms", terms: parser.pattern() };
  } catch (thrown) {
    if (!(thrown instanceof Unsupported)) throw thrown;
    return { kind: "unsupported", reason: thrown.message };
  }
}

/** Terms of a comparison, and the ports that narrow them. */
interface Comparison {
  readonly terms: readonly PatternTerm[];
  readonly ports: readonly number[];
}

class PatternParser {
  readonly #text: string;
  #at = 0;
  #next: Token;
  #terms = 0;

  constructor(text: string) {
    this.#text = text;
    this.#next = this.#scan();
  }

  pattern(): readonly PatternTerm[] {
    const terms = this.#observations(0);
    if (this.#next.kind !== "end")
      throw unsupported(`${JSON.stringify(this.#next.text.slice(0, 40))} in a pattern`);
    return terms;
  }

  /** `[…] OR […]`; what joins observations in another way, or qualifies them, needs more than one event. */
  #observations(depth: number): readonly PatternTerm[] {
    const terms = [...this.#observation(depth)];
    while (this.#takeWord("OR")) terms.push(...this.#observation(depth));
    return terms;
  }

  #observation(depth: number): readonly PatternTerm[] {
    checkDepth(depth);
    if (this.#takeSymbol("(")) {
      const terms = this.#observations(depth + 1);
      this.#needSymbol(")");
      return terms;
    }
    this.#needSymbol("[");
    const { terms, ports } = this.#either(depth);
    this.#needSymbol("]");
    if (ports.length > 0) throw unsupported("a port without an address");
    return terms;
  }

  #either(depth: number): Comparison {
    const found = [this.#both(depth)];
    while (this.#takeWord("OR")) found.push(this.#both(depth));
    const terms = found.flatMap((comparison) => comparison.terms);
    const ports = found.flatMap((comparison) => comparison.ports);
    if (terms.length > 0 && ports.length > 0) throw unsupported("a port as an alternative to an address");
    return { terms, ports };
  }

  #both(depth: number): Comparison {
    let found = this.#comparison(depth);
    while (this.#takeWord("AND")) found = narrow(found, this.#comparison(depth));
    return found;
  }

  #comparison(depth: number): Comparison {
    checkDepth(depth);
    if (this.#takeSymbol("(")) {
      const inner = this.#either(depth + 1);
      this.#needSymbol(")");
      return inner;
    }
    if (this.#next.kind !== "path")
      throw unsupported(`${JSON.stringify(this.#next.text.slice(0, 40))} in a pattern`);
    const path = this.#take().text;
    if (path === PORT_PATH) return { terms: [], ports: this.#ports() };
    const expected = PATHS[path];
    if (expected === undefined) throw unsupported(`a pattern over ${path.slice(0, 80)}`);
    const terms = this.#values(expected).map((text) => ({ text, expected }));
    this.#terms += terms.length;
    if (this.#terms > MAX_TERMS) throw unsupported("a pattern of too many terms");
    return { terms, ports: [] };
  }

  #values(expected: Expected): readonly string[] {
    if (this.#takeSymbol("=")) return [this.#string()];
    if (this.#takeWord("IN")) return this.#listOf(() => this.#string());
    if (expected === "address" && this.#takeWord("ISSUBSET")) return [this.#string()];
    throw unsupported(`${this.#next.text.slice(0, 40)} in a pattern`);
  }

  #ports(): readonly number[] {
    if (this.#takeSymbol("=")) return [this.#number()];
    if (this.#takeWord("IN")) return this.#listOf(() => this.#number());
    throw unsupported(`${this.#next.text.slice(0, 40)} over a port`);
  }

  #listOf<T>(one: () => T): readonly T[] {
    this.#needSymbol("(");
    const items = [one()];
    while (this.#takeSymbol(",")) items.push(one());
    this.#needSymbol(")");
    return items;
  }

  #string(): string {
    if (this.#next.kind !== "string") throw unsupported("a comparison with something else than text");
    return this.#take()
      .text.slice(1, -1)
      .replaceAll(/\\(?<char>.)/gsu, "$<char>");
  }

  #number(): number {
    if (this.#next.kind !== "number")
      throw unsupported("a comparison of a port with something else than a number");
    return Number(this.#take().text);
  }

  #takeWord(word: string): boolean {
    return this.#takeIf("word", word);
  }

  #takeSymbol(symbol: string): boolean {
    return this.#takeIf("symbol", symbol);
  }

  #needSymbol(symbol: string): void {
    if (!this.#takeSymbol(symbol)) throw unsupported(`expected ${symbol} in a pattern`);
  }

  #takeIf(kind: Token["kind"], text: string): boolean {
    if (this.#next.kind !== kind || this.#next.text !== text) return false;
    this.#take();
    return true;
  }

  #take(): Token {
    const taken = this.#next;
    this.#next = this.#scan();
    return taken;
  }

  #scan(): Token {
    while (/\s/u.test(this.#text[this.#at] ?? "")) this.#at += 1;
    if (this.#at >= this.#text.length) return { kind: "end", text: "" };
    TOKEN.lastIndex = this.#at;
    const groups = TOKEN.exec(this.#text)?.groups;
    if (groups === undefined) throw unsupported("a pattern that is not in its form");
    this.#at = TOKEN.lastIndex;
    for (const kind of ["string", "path", "word", "number", "symbol"] as const) {
      const text = groups[kind];
      if (text !== undefined) return { kind, text };
    }
    throw unsupported("a pattern that is not in its form");
  }
}

/** Both sides of an `AND`: an address at a port. Anything else would need two looks at one event. */
function narrow(left: Comparison, right: Comparison): Comparison {
  const [{ terms }, { ports }] = left.terms.length > 0 ? [left, right] : [right, left];
  const isAddressAtPort =
    left.terms.length * right.terms.length === 0 &&
    left.ports.length * right.ports.length === 0 &&
    ports.length > 0 &&
    terms.length > 0 &&
    terms.every(({ expected, port }) => expected === "address" && port === undefined);
  if (!isAddressAtPort) throw unsupported("an AND that no single address or name can stand for");
  // Counted first: a short pattern can name millions.
  if (terms.length * ports.length > MAX_TERMS) throw unsupported("a pattern of too many terms");
  return { terms: terms.flatMap((term) => ports.map((port) => ({ ...term, port }))), ports: [] };
}

function checkDepth(depth: number): void {
  if (depth > MAX_NESTING) throw unsupported("a pattern that is nested too deeply");
}

function unsupported(reason: string): Unsupported {
  return new Unsupported(reason);
}
