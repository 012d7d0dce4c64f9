import { RulesError } from "../errors.ts";

const BLANKS = /\s+/uy;
const NEAR_CHARS = 40;

/** A place at which a condition cannot be read on. */
export class ConditionFault extends RulesError {
  /** What is wrong, without the number of the character. */
  readonly what: string;
  /** The offset in the text that is parsed. */
  readonly at: number;

  constructor(message: string, { what, at }: { readonly what: string; readonly at: number }) {
    super("CONDITION_INVALID", message);
    this.what = what;
    this.at = at;
  }
}

/** Reads a condition from left to right. Its tokens depend on where they stand, so there is no list of them. */
export class Scanner {
  readonly text: string;
  #position = 0;

  constructor(text: string) {
    this.text = text;
  }

  get position(): number {
    return this.#position;
  }

  get atEnd(): boolean {
    return this.#position >= this.text.length;
  }

  skipBlanks(): boolean {
    return this.take(BLANKS) !== undefined;
  }

  /** Takes what a sticky expression matches here; undefined, and nothing taken, where it does not match. */
  take(expression: RegExp): string | undefined {
    expression.lastIndex = this.#position;
    const found = expression.exec(this.text);
    if (found === null) return undefined;
    this.#position += found[0].length;
    return found[0];
  }

  takeText(text: string): boolean {
    if (!this.text.startsWith(text, this.#position)) return false;
    this.#position += text.length;
    return true;
  }

  /** Takes a word that has to end at a blank, which is taken too, or before a parenthesis or the end. */
  takeWord(word: string): boolean {
    const end = this.#position + word.length;
    if (!this.text.startsWith(word, this.#position)) return false;
    if (end < this.text.length && !/[\s(]/u.test(this.text.charAt(end))) return false;
    this.#position = end;
    this.skipBlanks();
    return true;
  }

  /** `'…'` or `"…"` with its escapes undone; undefined where none begins here. */
  takeQuoted(): string | undefined {
    const quote = this.text.charAt(this.#position);
    if (quote !== "'" && quote !== '"') return undefined;
    let value = "";
    for (let at = this.#position + 1; at < this.text.length; at += 1) {
      const char = this.text.charAt(at);
      if (char === quote) {
        this.#position = at + 1;
        return value;
      }
      if (char === "\\") {
        const { char: escaped, length } = this.#escapeAt(at + 1, quote);
        value += escaped;
        at += length;
      } else value += char;
    }
    throw this.failure(`expected ${quote} at the end of the text`);
  }

  failure(message: string, at = this.#position): ConditionFault {
    const near = this.text.slice(at, at + NEAR_CHARS);
    const place = near === "" ? "at the end" : `at ${JSON.stringify(near)}`;
    const what = `${message}, ${place}`;
    return new ConditionFault(`${message}, character ${at + 1}, ${place}`, { what, at });
  }

  /**
   * Goes from a place on to the `and`, the `or` or the parenthesis that ends the check there, or to the end; false, and
   * nowhere, where a text or a parenthesis is left open.
   */
  skipCheck(from: number): boolean {
    let open = 0;
    for (let at = from; at < this.text.length; at += 1) {
      const char = this.text.charAt(at);
      if (char === "(") open += 1;
      else if (char === ")" && open > 0) open -= 1;
      else if (char === '"' || char === "'") {
        at = this.text.indexOf(char, at + 1);
        if (at < 0) return false;
      } else if (char === ")" || (open === 0 && this.#isJunction(at))) {
        this.#position = at;
        return true;
      }
    }
    if (open > 0) return false;
    this.#position = this.text.length;
    return true;
  }

  #isJunction(at: number): boolean {
    if (at > 0 && !/[\s)]/u.test(this.text.charAt(at - 1))) return false;
    return ["and", "or"].some(
      (word) => this.text.startsWith(word, at) && /^[\s(]/u.test(`${this.text.charAt(at + word.length)} `),
    );
  }

  #escapeAt(at: number, quote: string): { readonly char: string; readonly length: number } {
    const char = this.text.charAt(at);
    const plain = escapes.get(char);
    if (plain !== undefined) return { char: plain, length: 1 };
    if (char === quote) return { char, length: 1 };
    const hex = /^x([0-9a-fA-F]{2})/u.exec(this.text.slice(at, at + 3))?.[1];
    if (hex === undefined) throw this.failure(`unknown escape ${JSON.stringify(`\\${char}`)}`);
    return { char: String.fromCharCode(Number.parseInt(hex, 16)), length: 3 };
  }
}

const escapes: ReadonlyMap<string, string> = new Map([
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["\\", "\\"],
  ["/", "/"],
  // A quirk that rules in use depend on: a backslash before a blank is a backslash, and the blank is gone.
  [" ", "\\"],
]);
