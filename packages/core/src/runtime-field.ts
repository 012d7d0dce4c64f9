/** How values of a field compare. */
export type FieldType = "string" | "bytes" | "number" | "boolean" | "address" | "network";

/** One value. Addresses are text; what is a number to the language is a number here, times in nanoseconds too. */
export type FieldValue = string | number | boolean | Uint8Array;

/**
 * Reads a field out of an event. A field without a value makes every comparison false, so undefined is not the same
 * as an empty string. Fields of lists give an array.
 */
export interface FieldReader<Event> {
  readonly type: FieldType;
  readonly isList: boolean;
  read(event: Event): FieldValue | readonly FieldValue[] | undefined;
}

/** What gives readers for the fields of the rule language: `proc.aname[2]` is `proc.aname` with `2`. */
export interface FieldCatalog<Event> {
  /** Undefined where this source of events does not know the field, or not with this argument. */
  reader(name: string, argument: string | undefined): FieldReader<Event> | undefined;
}
