import type { Check } from "../condition/expression.ts";
import { printCheck } from "../condition/print-check.ts";
import { anyTest, type CheckCompiler, type EventTest, type SingleCheck } from "./check-compiler.ts";

/** Checks that ask the same are one, whichever rules and types of events they are for. */
export class SharedChecks<Event> {
  readonly #compiler: CheckCompiler<Event>;
  readonly #ids = new Map<string, number>();
  readonly #idOf = new Map<Check, number>();
  readonly #tests: (EventTest<Event> | false)[] = [];
  readonly #singles: (SingleCheck<Event> | undefined)[] = [];

  constructor(compiler: CheckCompiler<Event>) {
    this.#compiler = compiler;
  }

  idOf(check: Check): number {
    const known = this.#idOf.get(check);
    if (known !== undefined) return known;
    const text = printCheck(check);
    const id = this.#ids.get(text) ?? this.#make(check, text);
    this.#idOf.set(check, id);
    return id;
  }

  /** False where this source of events cannot have what the check asks for. */
  testOf(check: Check): EventTest<Event> | false {
    return this.#tests[this.idOf(check)] ?? false;
  }

  /** The parts of a check of one field with literals; undefined for any other check. */
  singleOf(check: Check): SingleCheck<Event> | undefined {
    return this.#singles[this.idOf(check)];
  }

  #make(check: Check, text: string): number {
    const id = this.#tests.length;
    const single = this.#compiler.single(check);
    this.#singles.push(single);
    this.#tests.push(single ? anyTest(single.slot, [single.test]) : this.#compiler.compile(check));
    this.#ids.set(text, id);
    return id;
  }
}
