import type { EventType, FieldCatalog, FieldReader, FieldType, FieldValue } from "@pratique/core";
import { knownFields } from "../fields/field-table.ts";

/** An event as tests write it: its type, and what its fields hold. `proc.aname[2]` and `evt.arg.flags` are keys. */
export interface TestEvent {
  readonly type: EventType;
  readonly fields: Readonly<Record<string, FieldValue | readonly FieldValue[]>>;
}

/** Knows every field of the table but those that are left out. */
export class TestCatalog implements FieldCatalog<TestEvent> {
  readonly #leftOut: ReadonlySet<string>;

  constructor(leftOut: Iterable<string> = []) {
    this.#leftOut = new Set(leftOut);
  }

  reader(name: string, argument: string | undefined): FieldReader<TestEvent> | undefined {
    const field = knownFields.get(name);
    if (field === undefined || this.#leftOut.has(name)) return undefined;
    const type: FieldType = field.type === "any" ? "number" : field.type;
    const key = argument === undefined ? name : field.isDotted ? `${name}.${argument}` : `${name}[${argument}]`;
    const isList = field.multiplicity !== "one" && argument === undefined;
    if (name === "evt.type") return { type, isList, read: (event) => event.type };
    return { type, isList, read: (event) => event.fields[key] };
  }
}

export function typeOf(event: TestEvent): EventType {
  return event.type;
}
