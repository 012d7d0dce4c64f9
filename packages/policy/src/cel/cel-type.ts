/**
 * What is known of a value before a rule is run. Finer than CEL's own types: objects know their fields, and
 * texts with a fixed vocabulary know their words, so that a typing error is found when the rule is loaded.
 */
export type Type =
  | { readonly kind: "any" }
  | { readonly kind: "bool" | "int" | "double" | "timestamp" | "duration" | "bytes" | "null" | "type" }
  | { readonly kind: "string"; readonly words?: readonly string[]; readonly unordered?: true }
  | { readonly kind: "list"; readonly element: Type }
  | { readonly kind: "map"; readonly value: Type }
  | { readonly kind: "object"; readonly name: string; readonly fields: Readonly<Record<string, Type>> };

export const ANY: Type = { kind: "any" };
export const BOOL: Type = { kind: "bool" };
export const INT: Type = { kind: "int" };
export const DOUBLE: Type = { kind: "double" };
export const STRING: Type = { kind: "string" };
export const TIMESTAMP: Type = { kind: "timestamp" };
export const DURATION: Type = { kind: "duration" };

export function listOf(element: Type): Type {
  return { kind: "list", element };
}

export function mapOf(value: Type): Type {
  return { kind: "map", value };
}

/** A text that can only be one of some words. */
export function oneOf(...words: readonly string[]): Type {
  return { kind: "string", words };
}

/** How a type is called in messages. */
export function describeType(type: Type): string {
  switch (type.kind) {
    case "any":
      return "something unknown";
    case "list":
      return `list of ${describeType(type.element)}`;
    case "map":
      return `map of ${describeType(type.value)}`;
    case "object":
      return type.name;
    case "bool":
    case "int":
    case "double":
    case "string":
    case "timestamp":
    case "duration":
    case "bytes":
    case "null":
    case "type":
      return type.kind;
  }
}

/** Whether two values of these types could ever be equal; CEL itself answers `false` without a word. */
export function couldBeEqual(left: Type, right: Type): boolean {
  if (left.kind === "any" || right.kind === "any") return true;
  if (isNumber(left) && isNumber(right)) return true;
  if (left.kind === "list" && right.kind === "list") return couldBeEqual(left.element, right.element);
  const mapLike = ["map", "object"];
  return left.kind === right.kind || (mapLike.includes(left.kind) && mapLike.includes(right.kind));
}

function isNumber(type: Type): boolean {
  return type.kind === "int" || type.kind === "double";
}
