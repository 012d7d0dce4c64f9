import type { TextOrigin } from "./text-origin.ts";

/** A value in a file of rules: every scalar is its text, for that is what lists and conditions are made of. */
export type ItemValue = string | readonly ItemValue[] | ReadonlyMap<string, ItemValue>;

/** One entry of a file of rules, with what it says as it stands there. */
export interface Item {
  readonly file: string;
  readonly line: number;
  readonly kind: ItemKind;
  /** The rule's, macro's or list's; empty for the other kinds. */
  readonly name: string;
  readonly values: ReadonlyMap<string, ItemValue>;
  /** The line of each key's value. */
  readonly lines: ReadonlyMap<string, number>;
  /** Where each key's text stands. */
  readonly origins: ReadonlyMap<string, TextOrigin>;
}

/** In the order in which an entry is asked for them. */
export const itemKinds = [
  "required_engine_version",
  "required_plugin_versions",
  "list",
  "macro",
  "rule",
] as const;

export type ItemKind = (typeof itemKinds)[number];

/** Whether a value is a plain text. */
export function isText(value: ItemValue | undefined): value is string {
  return typeof value === "string";
}

/** Whether a value is a sequence. */
export function isSequence(value: ItemValue | undefined): value is readonly ItemValue[] {
  return Array.isArray(value);
}

/** Whether a value has keys. */
export function isMapping(value: ItemValue | undefined): value is ReadonlyMap<string, ItemValue> {
  return value instanceof Map;
}

/** What YAML takes for true or false; undefined for anything else. */
export function booleanOf(value: ItemValue | undefined): boolean | undefined {
  if (!isText(value)) return undefined;
  if (/^(?:true|yes|on|y)$/iu.test(value)) return true;
  return /^(?:false|no|off|n)$/iu.test(value) ? false : undefined;
}

/** The texts of a sequence; undefined where it is none, or holds anything else. */
export function textsOf(value: ItemValue | undefined): readonly string[] | undefined {
  return isSequence(value) && value.every(isText) ? value : undefined;
}
