import { RulesError } from "../errors.ts";

const BLANKS = /\s+/uy;
const NEAR_CHARS = 40;

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

  failure(message: string): RulesError {
    const near = this.text.slice(this.#position, this.#position + NEAR_CHARS);
    const place = near === "" ? "at the end" : `at ${JSON.stringify(near)}`;
    return new RulesError("CONDITION_INVALID", `${message}, character ${this.#position + 1}, ${place}`);
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
