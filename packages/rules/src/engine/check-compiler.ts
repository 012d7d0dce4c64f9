import type { FieldType, FieldValue } from "@pratique/core";
import { typeOfTerm } from "../compile/check-types.ts";
import { literalTest } from "../compile/event-answers.ts";
import type { Check, Operator, Term, TransformerInput } from "../condition/expression.ts";
import type { Multiplicity } from "../fields/field-table.ts";
import { compareValues, isFault, type ValueTest } from "../match/value-test.ts";
import type { FieldSlot, FieldSlots, ReadValue } from "./field-slots.ts";
import { type TermReader, transformReader } from "./transform.ts";

/** Whether an event satisfies a check or a condition. */
export type EventTest<Event> = (event: Event) => boolean;

interface Side<Event> {
  readonly type: FieldType;
  readonly multiplicity: Multiplicity;
  readonly read: TermReader<Event>;
}

/** A check of one field with literals, by its parts. */
export interface SingleCheck<Event> {
  readonly slot: FieldSlot<Event>;
  readonly test: ValueTest;
}

/** Makes tests of checks; false where this source of events cannot have what a check asks for. */
export class CheckCompiler<Event> {
  readonly #slots: FieldSlots<Event>;

  constructor(slots: FieldSlots<Event>) {
    this.#slots = slots;
  }

  compile(check: Check): EventTest<Event> | false {
    const left = this.#sideOf(check.left);
    if (left === undefined) return false;
    if (check.operator === "exists" || check.right === undefined) return existsTest(left.read);
    if (check.right.kind === "value") return this.#compileValue(check, left, check.right.term);
    const test = literalTest(check, left.type);
    return test === undefined ? false : readTest(left, check.operator, test);
  }

  /** The parts of a check of a field that has one value; undefined for any other check. */
  single(check: Check): SingleCheck<Event> | undefined {
    const slot = check.left.kind === "field" ? this.#slots.slot(check.left) : undefined;
    if (slot === undefined || multiplicityOf(slot) !== "one") return undefined;
    const test = literalTest(check, typeOf(slot));
    return test && { slot, test };
  }

  /** Reads a field or transformer; undefined where this source of events does not have it. */
  readerOf(term: Term): TermReader<Event> | undefined {
    return this.#sideOf(term)?.read;
  }

  #sideOf(term: Term): Side<Event> | undefined {
    if (term.kind === "field") {
      const slot = this.#slots.slot(term);
      return (
        slot && { type: typeOf(slot), multiplicity: multiplicityOf(slot), read: (event) => slot.read(event) }
      );
    }
    const type = typeOfTerm(term);
    if ("fault" in type || type.type === "any") return undefined;
    const read = transformReader(term, (input) => this.#inputReader(input));
    return { type: type.type, multiplicity: type.multiplicity, read };
  }

  #inputReader(input: TransformerInput): TermReader<Event> {
    switch (input.kind) {
      case "text":
      case "number":
        return () => input.text;
      case "list": {
        const readers = input.items.map((item) => this.#inputReader(item));
        return (event) => readers.flatMap((read) => read(event) ?? []);
      }
      case "field":
      case "transformer":
        return this.readerOf(input) ?? (() => undefined);
    }
  }

  #compileValue(check: Check, left: Side<Event>, term: Term): EventTest<Event> | false {
    const right = this.#sideOf(term);
    if (right === undefined || check.operator === "exists") return false;
    const compare = compareValues(left.type, check.operator);
    if (isFault(compare)) return false;
    return (event) => {
      const wanted = right.read(event);
      if (wanted === undefined) return false;
      const values = isList(wanted) ? wanted : [wanted];
      const test: ValueTest = (value) => values.some((other) => compare(value, other));
      return holds(left.read(event), { multiplicity: left.multiplicity, operator: check.operator, test });
    };
  }
}

function typeOf<Event>({ field, reader }: FieldSlot<Event>): FieldType {
  return field.type === "any" ? reader.type : field.type;
}

/** What the language says of a field goes before what its source gives; a list that it does not know is a list. */
function multiplicityOf<Event>({ field, reader }: FieldSlot<Event>): Multiplicity {
  return field.multiplicity === "one" && reader.isList ? "list" : field.multiplicity;
}

function existsTest<Event>(read: TermReader<Event>): EventTest<Event> {
  return (event) => {
    const value = read(event);
    return isList(value) ? value.length > 0 : value !== undefined;
  };
}

/** Whether a field's value passes one of several tests: it is read once for all of them. */
export function anyTest<Event>(slot: FieldSlot<Event>, tests: readonly ValueTest[]): EventTest<Event> {
  const [first = never] = tests;
  if (tests.length === 1) {
    return (event) => {
      const value = slot.read(event);
      return value !== undefined && (isList(value) ? value.some(first) : first(value));
    };
  }
  return (event) => {
    const value = slot.read(event);
    if (value === undefined) return false;
    for (const test of tests) if (isList(value) ? value.some(test) : test(value)) return true;
    return false;
  };
}

const never: ValueTest = () => false;

function readTest<Event>(side: Side<Event>, operator: Operator, test: ValueTest): EventTest<Event> {
  const how = { multiplicity: side.multiplicity, operator, test };
  return (event) => holds(side.read(event), how);
}

/** A field without a value satisfies nothing, `!=` included. */
function holds(
  value: ReadValue,
  how: { readonly multiplicity: Multiplicity; readonly operator: Operator; readonly test: ValueTest },
): boolean {
  if (value === undefined) return false;
  if (!isList(value)) return how.test(value);
  if (value.length === 0) return false;
  return asksForAll(how.multiplicity, how.operator) ? value.every(how.test) : value.some(how.test);
}

function asksForAll(multiplicity: Multiplicity, operator: Operator): boolean {
  if (multiplicity === "ends") return operator === "!=";
  return multiplicity === "list" && operator === "in";
}

function isList(value: ReadValue): value is readonly FieldValue[] {
  return Array.isArray(value);
}
