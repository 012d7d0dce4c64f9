import { type Digest, isDigest } from "@pratique/core";
import { EngineError } from "./errors.ts";

/**
 * A narrow view of a JSON value that the engine sent: each reader names what it expects, and refuses what has
 * another shape. Absent and `null` are alike, since Go writes either for an empty value.
 */
export class JsonView {
  readonly #value: unknown;
  readonly #where: string;

  constructor(value: unknown, where: string) {
    this.#value = value;
    this.#where = where;
  }

  /** The value as it came. */
  get value(): unknown {
    return this.#value;
  }

  get absent(): boolean {
    return this.#value === undefined || this.#value === null;
  }

  /** The member of an object; the member of nothing is nothing. */
  at(name: string): JsonView {
    const where = `${this.#where}.${name}`;
    if (this.absent) return new JsonView(undefined, where);
    if (!isRecord(this.#value)) throw this.#unexpected("an object");
    return new JsonView(Object.hasOwn(this.#value, name) ? this.#value[name] : undefined, where);
  }

  string(): string {
    if (this.absent) return "";
    if (typeof this.#value !== "string") throw this.#unexpected("a string");
    return this.#value;
  }

  /** A string that must be there. */
  requiredString(): string {
    const text = this.string();
    if (text === "") throw this.#unexpected("a string");
    return text;
  }

  number(): number {
    if (this.absent) return 0;
    if (typeof this.#value !== "number") throw this.#unexpected("a number");
    return this.#value;
  }

  boolean(): boolean {
    if (this.absent) return false;
    if (typeof this.#value !== "boolean") throw this.#unexpected("true or false");
    return this.#value;
  }

  digest(): Digest {
    const text = this.string();
    if (!isDigest(text)) throw this.#unexpected("a digest");
    return text;
  }

  list(): readonly JsonView[] {
    if (this.absent) return [];
    if (!Array.isArray(this.#value)) throw this.#unexpected("a list");
    return this.#value.map((item: unknown, index) => new JsonView(item, `${this.#where}[${index}]`));
  }

  strings(): readonly string[] {
    return this.list().map((item) => item.string());
  }

  /** An object whose members are all strings. */
  stringRecord(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.names().map((name) => [name, this.at(name).string()]));
  }

  /** The names of an object's members. */
  names(): readonly string[] {
    if (this.absent) return [];
    if (!isRecord(this.#value)) throw this.#unexpected("an object");
    return Object.keys(this.#value);
  }

  #unexpected(expected: string): EngineError {
    const found = JSON.stringify(this.#value) ?? "nothing";
    return new EngineError(
      "ENGINE_MALFORMED",
      `expected ${expected} at ${this.#where}, found ${found.slice(0, 80)}`,
    );
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
