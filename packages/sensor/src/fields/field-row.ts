import type { FieldReader, FieldType, FieldValue } from "@pratique/core";
import type { SensorEvent } from "../events/sensor-event.ts";

/** One field of the rule language: what it means, and how it is read. */
export interface FieldRow {
  readonly type: FieldType;
  /** Several values, of which a comparison asks for any; without its argument, where it takes one. */
  readonly isList: boolean;
  /** For the reference: `docs/reference/rule-fields.md` is made of it. */
  readonly meaning: string;
  /** Without an argument; undefined where the field needs one. */
  readonly read: Read | undefined;
  /** With what stands in brackets or after the dot; undefined where there can be no such argument. */
  readonly readWith: ((argument: string) => Read | undefined) | undefined;
}

export type Read = (event: SensorEvent) => FieldValue | readonly FieldValue[] | undefined;

/** The fields of one family by their names. */
export type FieldTable = Readonly<Record<string, FieldRow>>;

export function text(meaning: string, read: (event: SensorEvent) => string | undefined): FieldRow {
  return one("string", meaning, read);
}

export function numeric(meaning: string, read: (event: SensorEvent) => number | undefined): FieldRow {
  return one("number", meaning, read);
}

export function truth(meaning: string, read: (event: SensorEvent) => boolean | undefined): FieldRow {
  return one("boolean", meaning, read);
}

export function one(type: FieldType, meaning: string, read: Read): FieldRow {
  return { type, isList: false, meaning, read, readWith: undefined };
}

/** Several values. */
export function several(type: FieldType, meaning: string, read: Read): FieldRow {
  return { type, isList: true, meaning, read, readWith: undefined };
}

/** A field that needs an argument. */
export function chosen(
  type: FieldType,
  meaning: string,
  readWith: (argument: string) => Read | undefined,
): FieldRow {
  return { type, isList: false, meaning, read: undefined, readWith };
}

/** Nothing of this kind is known on a host without Kubernetes, or to this sensor. */
export function absent(type: FieldType, meaning: string): FieldRow {
  return { type, isList: false, meaning, read: () => undefined, readWith: () => () => undefined };
}

/** A number in brackets. */
export function indexOf(argument: string): number | undefined {
  return /^\d{1,4}$/u.test(argument) ? Number(argument) : undefined;
}

/** The reader that the rule engine gets. All have one shape, so that its calls stay fast. */
export class RowReader implements FieldReader<SensorEvent> {
  readonly type: FieldType;
  readonly isList: boolean;
  readonly read: Read;

  constructor(type: FieldType, isList: boolean, read: Read) {
    this.type = type;
    this.isList = isList;
    this.read = read;
  }
}
