import type { FieldCatalog, FieldReader, FieldValue } from "@pratique/core";
import type { FieldTerm } from "../condition/expression.ts";
import { fieldKey, isResolvedField, type ResolvedField, resolveField } from "../fields/resolve-field.ts";
import type { Clock } from "./clock.ts";

export type ReadValue = FieldValue | readonly FieldValue[] | undefined;

/** A field of the events at hand, read once for each event. */
export class FieldSlot<Event> {
  readonly field: ResolvedField;
  readonly reader: FieldReader<Event>;
  readonly #clock: Clock;
  #at = -1;
  #value: ReadValue = undefined;

  constructor(field: ResolvedField, reader: FieldReader<Event>, clock: Clock) {
    this.field = field;
    this.reader = reader;
    this.#clock = clock;
  }

  read(event: Event): ReadValue {
    if (this.#at !== this.#clock.now) {
      this.#value = this.reader.read(event);
      this.#at = this.#clock.now;
    }
    return this.#value;
  }
}

/** The fields that rules name and that this source of events has, each once. */
export class FieldSlots<Event> {
  readonly #catalog: FieldCatalog<Event>;
  readonly #clock: Clock;
  readonly #slots = new Map<string, FieldSlot<Event> | undefined>();

  constructor(catalog: FieldCatalog<Event>, clock: Clock) {
    this.#catalog = catalog;
    this.#clock = clock;
  }

  /** Undefined where this source of events does not have the field. */
  slot(term: FieldTerm): FieldSlot<Event> | undefined {
    const field = resolveField(term);
    if (!isResolvedField(field)) return undefined;
    const key = fieldKey(field);
    if (!this.#slots.has(key)) this.#slots.set(key, this.#make(field, term));
    return this.#slots.get(key);
  }

  #make(field: ResolvedField, term: FieldTerm): FieldSlot<Event> | undefined {
    const reader = readerOf(this.#catalog, field, term);
    return reader && new FieldSlot(field, reader, this.#clock);
  }
}

/** Asks a catalog for a field, `evt.arg.flags` as `evt.arg` with `flags`, and as written where it has that only. */
export function readerOf<Event>(
  catalog: FieldCatalog<Event>,
  field: ResolvedField,
  written: FieldTerm,
): FieldReader<Event> | undefined {
  return catalog.reader(field.name, field.argument) ?? catalog.reader(written.name, written.argument);
}
