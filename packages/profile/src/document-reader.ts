import { ProfileError } from "./errors.ts";

const MOST_TIME = 8_640_000_000_000_000;

/** Reads documents that we wrote, and nothing else: every member has to be there, and no other may be. */
export class DocumentReader {
  readonly #value: unknown;
  readonly #place: string;

  constructor(value: unknown, place: string) {
    this.#value = value;
    this.#place = place;
  }

  /** The members of an object that has these, and no others. */
  members<Name extends string>(names: readonly Name[]): Readonly<Record<Name, DocumentReader>> {
    const record = this.#record();
    for (const name of Object.keys(record)) {
      if (!names.some((known) => known === name)) throw this.error(`unknown member ${JSON.stringify(name)}`);
    }
    const entries = names.map((name) => [name, this.#member(record, name)] as const);
    // Object.fromEntries forgets which names there are.
    return Object.fromEntries(entries) as Readonly<Record<Name, DocumentReader>>;
  }

  list(most: number): readonly DocumentReader[] {
    if (!Array.isArray(this.#value)) throw this.error("expected a list");
    if (this.#value.length > most) throw this.error(`expected at most ${most} entries`);
    return this.#value.map((entry, place) => new DocumentReader(entry, `${this.#place}[${place}]`));
  }

  text(most: number): string {
    if (typeof this.#value !== "string" || this.#value.length > most) {
      throw this.error(`expected a text of at most ${most} characters`);
    }
    return this.#value;
  }

  oneOf<Word extends string>(words: readonly Word[]): Word {
    const word = words.find((known) => known === this.#value);
    if (word === undefined) throw this.error(`expected one of ${words.join(", ")}`);
    return word;
  }

  integer(most: number): number {
    if (!Number.isSafeInteger(this.#value) || Number(this.#value) < 0 || Number(this.#value) > most) {
      throw this.error(`expected a whole number from 0 to ${most}`);
    }
    return Number(this.#value);
  }

  boolean(): boolean {
    if (typeof this.#value !== "boolean") throw this.error("expected true or false");
    return this.#value;
  }

  /** Milliseconds since 1970, with or without fractions. */
  time(): number {
    const time = this.#value;
    if (typeof time !== "number" || !(time >= 0 && time <= MOST_TIME)) throw this.error("expected a time");
    return time;
  }

  /** Undefined for null. */
  optional(): DocumentReader | undefined {
    return this.#value === null ? undefined : this;
  }

  raw(): unknown {
    return this.#value;
  }

  error(message: string): ProfileError {
    return new ProfileError("PROFILE_MALFORMED", `${this.#place}: ${message}`);
  }

  #record(): object {
    if (typeof this.#value !== "object" || this.#value === null || Array.isArray(this.#value)) {
      throw this.error("expected an object");
    }
    return this.#value;
  }

  #member(record: object, name: string): DocumentReader {
    const found = Object.getOwnPropertyDescriptor(record, name);
    if (found === undefined) throw this.error(`expected the member ${JSON.stringify(name)}`);
    return new DocumentReader(found.value, `${this.#place}.${name}`);
  }
}
