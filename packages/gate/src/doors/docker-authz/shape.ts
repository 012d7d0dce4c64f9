import { foldKey } from "@pratique/core";

/**
 * The form of a Go type, as far as reading JSON into it goes. Only the keys of a `struct` are folded; those of
 * a `map` are data, and `a` and `A` are two of them.
 */
export type Shape =
  | { readonly kind: "struct"; readonly fields: ReadonlyMap<string, Shape>; readonly folded: FoldedNames }
  | { readonly kind: "map"; readonly value: Shape }
  | { readonly kind: "list"; readonly item: Shape }
  /** A string, or a list of strings (Go: `strslice.StrSlice`). */
  | { readonly kind: "words" }
  | { readonly kind: "text" }
  | { readonly kind: "flag" }
  | { readonly kind: "integer" }
  /** Null, or a list without items: it says nothing to whoever reads it. */
  | { readonly kind: "empty" }
  /** Anything; exact duplicates of keys are refused all the same. */
  | { readonly kind: "any" };

/** From a folded name to the name as Go spells it. */
type FoldedNames = ReadonlyMap<string, string>;

export const text: Shape = { kind: "text" };
export const flag: Shape = { kind: "flag" };
export const integer: Shape = { kind: "integer" };
export const words: Shape = { kind: "words" };
export const empty: Shape = { kind: "empty" };
export const any: Shape = { kind: "any" };
export const texts: Shape = list(text);
export const textMap: Shape = map(text);

export function list(item: Shape): Shape {
  return { kind: "list", item };
}

export function map(value: Shape): Shape {
  return { kind: "map", value };
}

export function struct(fields: Readonly<Record<string, Shape>>): Shape {
  const names = Object.keys(fields);
  return {
    kind: "struct",
    fields: new Map(Object.entries(fields)),
    folded: new Map(names.map((name) => [foldKey(name), name])),
  };
}

/** Several names of the same shape: `{ ...each(text, "Name", "Driver") }`. */
export function each(shape: Shape, ...names: readonly string[]): Record<string, Shape> {
  return Object.fromEntries(names.map((name) => [name, shape]));
}
