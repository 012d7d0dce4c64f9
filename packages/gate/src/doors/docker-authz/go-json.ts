import { foldKey, MiB } from "@pratique/core";
import { GateError, type GateErrorCode } from "../../errors.ts";
import type { Shape } from "./shape.ts";
import { any } from "./shape.ts";

/** What was read. Integers that a double cannot hold are bigints; objects have no prototype. */
export type GoValue = null | boolean | number | bigint | string | readonly GoValue[] | GoObject;

interface GoObject {
  readonly [key: string]: GoValue;
}

export interface GoJsonOptions {
  /** Refuses keys that the shape does not know. Go ignores them, so they are only ever a mistake or a trick. */
  readonly strict?: boolean;
  readonly maxBytes?: number;
  readonly maxDepth?: number;
  readonly maxValues?: number;
}

/** The engine refuses larger bodies to its plugins (moby, CVE-2026-34040). */
const MAX_BYTES = 4 * MiB;
const MAX_DEPTH = 32;
const MAX_VALUES = 200_000;

/**
 * Reads JSON so that no reader can see another thing in it than Go's encoding/json does, or refuses it.
 *
 * Go matches the keys of structs without regard to case, merges objects that come twice and lets later values
 * win; it replaces what is not UTF-8. None of this is of use to an honest client, so none of it is emulated:
 * it is refused.
 *
 * @throws GateError `BODY_MALFORMED`, `BODY_AMBIGUOUS`, `BODY_KEY_UNKNOWN` or `LIMIT_REACHED`.
 */
export function readGoJson(bytes: Uint8Array, shape: Shape, options: GoJsonOptions = {}): GoValue {
  const { maxBytes = MAX_BYTES } = options;
  if (bytes.byteLength > maxBytes) {
    throw new GateError("LIMIT_REACHED", `the body is larger than ${maxBytes} bytes`);
  }
  return new Reader(decode(bytes), options).document(shape);
}

/** A byte order mark is kept, so that the reader meets it and refuses it, as Go does. */
function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new GateError("BODY_MALFORMED", "the body is not UTF-8", { cause });
  }
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/uy;
const INTEGER = /^-?\d+$/u;
/** Neither a quote, nor a backslash, nor a control character. */
const PLAIN = /[ !#-[\]-\u{10ffff}]*/uy;
const HEX4 = /^[0-9a-fA-F]{4}$/u;
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ["\\", "\\"],
  ["/", "/"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
]);

class Reader {
  readonly #text: string;
  readonly #strict: boolean;
  readonly #maxDepth: number;
  readonly #maxValues: number;
  /** Where in the document the reader is, for messages: `HostConfig`, `Binds`. */
  readonly #path: string[] = [];
  #at = 0;
  #values = 0;

  constructor(text: string, { strict = true, maxDepth = MAX_DEPTH, maxValues = MAX_VALUES }: GoJsonOptions) {
    this.#text = text;
    this.#strict = strict;
    this.#maxDepth = maxDepth;
    this.#maxValues = maxValues;
  }

  document(shape: Shape): GoValue {
    const value = this.#value(shape, 0);
    this.#skipBlanks();
    if (this.#at < this.#text.length) throw this.#error("BODY_MALFORMED", "something follows the document");
    return value;
  }

  #value(shape: Shape, depth: number): GoValue {
    this.#values += 1;
    if (this.#values > this.#maxValues) throw this.#error("LIMIT_REACHED", "too many values");
    if (depth > this.#maxDepth) throw this.#error("LIMIT_REACHED", "nested too deeply");
    this.#skipBlanks();
    switch (this.#text[this.#at]) {
      case "{":
        return this.#object(shape, depth);
      case "[":
        return this.#list(shape, depth);
      case '"':
        this.#expect(shape, ["text", "words"], "a string");
        return this.#string();
      case "t":
        return this.#boolean(shape, "true", true);
      case "f":
        return this.#boolean(shape, "false", false);
      case "n":
        this.#word("null");
        return null;
      default:
        return this.#number(shape);
    }
  }

  #object(shape: Shape, depth: number): GoObject {
    this.#expect(shape, ["struct", "map"], "an object");
    const object: Record<string, GoValue> = Object.create(null);
    const folded = new Set<string>();
    this.#at += 1;
    this.#skipBlanks();
    if (this.#take("}")) return object;
    do {
      this.#skipBlanks();
      if (this.#text[this.#at] !== '"') throw this.#error("BODY_MALFORMED", "expected a key");
      const key = this.#string();
      this.#path.push(key);
      const inner = this.#shapeOf(shape, key, folded);
      if (Object.hasOwn(object, key)) throw this.#error("BODY_AMBIGUOUS", "the key appears twice");
      this.#skipBlanks();
      if (!this.#take(":")) throw this.#error("BODY_MALFORMED", "expected a colon");
      object[key] = this.#value(inner, depth + 1);
      this.#path.pop();
      this.#skipBlanks();
    } while (this.#take(","));
    if (!this.#take("}")) throw this.#error("BODY_MALFORMED", "expected a comma or the end of the object");
    return object;
  }

  /** The shape of what follows a key; refuses a key that Go could take for another. */
  #shapeOf(shape: Shape, key: string, seen: Set<string>): Shape {
    if (shape.kind === "map") return shape.value;
    if (shape.kind !== "struct") return any;
    const folded = foldKey(key);
    if (seen.has(folded)) throw this.#error("BODY_AMBIGUOUS", "the key appears twice, case aside");
    seen.add(folded);
    const field = shape.fields.get(key);
    if (field !== undefined) return field;
    const meant = shape.folded.get(folded);
    if (meant !== undefined) {
      throw this.#error("BODY_AMBIGUOUS", `the engine would read the key as ${JSON.stringify(meant)}`);
    }
    if (this.#strict) throw this.#error("BODY_KEY_UNKNOWN", "the engine's API has no such key");
    return any;
  }

  #list(shape: Shape, depth: number): readonly GoValue[] {
    this.#expect(shape, ["list", "words", "empty"], "a list");
    const item = shape.kind === "list" ? shape.item : shape.kind === "words" ? TEXT : any;
    const items: GoValue[] = [];
    this.#at += 1;
    this.#skipBlanks();
    if (this.#take("]")) return items;
    if (shape.kind === "empty") throw this.#error("BODY_MALFORMED", "expected nothing in the list");
    do {
      items.push(this.#value(item, depth + 1));
      this.#skipBlanks();
    } while (this.#take(","));
    if (!this.#take("]")) throw this.#error("BODY_MALFORMED", "expected a comma or the end of the list");
    return items;
  }

  #boolean(shape: Shape, word: string, value: boolean): boolean {
    this.#expect(shape, ["flag"], "a boolean");
    this.#word(word);
    return value;
  }

  #number(shape: Shape): number | bigint {
    NUMBER.lastIndex = this.#at;
    const literal = NUMBER.exec(this.#text)?.[0];
    if (literal === undefined) throw this.#error("BODY_MALFORMED", "expected a value");
    this.#expect(shape, ["integer"], "a number");
    this.#at += literal.length;
    const whole = INTEGER.test(literal);
    if (shape.kind === "integer" && !whole) throw this.#error("BODY_MALFORMED", "expected an integer");
    const number = Number(literal);
    return whole && !Number.isSafeInteger(number) ? BigInt(literal) : number;
  }

  #string(): string {
    let value = "";
    this.#at += 1;
    for (;;) {
      PLAIN.lastIndex = this.#at;
      const plain = PLAIN.exec(this.#text)?.[0] ?? "";
      value += plain;
      this.#at += plain.length;
      if (this.#take('"')) break;
      if (!this.#take("\\")) throw this.#error("BODY_MALFORMED", "a string does not end");
      value += this.#escape();
    }
    // Go would put U+FFFD there, so that two different keys or names become one.
    if (!value.isWellFormed()) throw this.#error("BODY_MALFORMED", "half of a surrogate pair in a string");
    return value;
  }

  #escape(): string {
    const letter = this.#text[this.#at] ?? "";
    this.#at += 1;
    if (letter !== "u") {
      const meant = ESCAPES.get(letter);
      if (meant === undefined) throw this.#error("BODY_MALFORMED", "unknown escape in a string");
      return meant;
    }
    const digits = this.#text.slice(this.#at, this.#at + 4);
    if (!HEX4.test(digits)) throw this.#error("BODY_MALFORMED", "unknown escape in a string");
    this.#at += 4;
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  #word(word: string): void {
    if (!this.#text.startsWith(word, this.#at)) throw this.#error("BODY_MALFORMED", "expected a value");
    this.#at += word.length;
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #skipBlanks(): void {
    for (;;) {
      const character = this.#text[this.#at];
      if (character !== " " && character !== "\n" && character !== "\t" && character !== "\r") return;
      this.#at += 1;
    }
  }

  #expect(shape: Shape, kinds: readonly Shape["kind"][], found: string): void {
    if (shape.kind === "any" || kinds.includes(shape.kind)) return;
    throw this.#error("BODY_MALFORMED", `did not expect ${found}`);
  }

  #error(code: GateErrorCode, problem: string): GateError {
    const path = this.#path.slice(-6).join(".").slice(0, 200);
    const where = path === "" ? "" : ` at ${JSON.stringify(path)}`;
    return new GateError(code, `${problem}${where} (character ${this.#at} of the body)`);
  }
}

const TEXT: Shape = { kind: "text" };
