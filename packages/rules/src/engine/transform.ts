import type { FieldValue } from "@pratique/core";
import type { TransformerInput, TransformerTerm } from "../condition/expression.ts";
import { base64Bytes, utf8Bytes, utf8Text } from "../match/bytes.ts";
import { foldCase } from "../match/glob.ts";
import { valueText } from "../match/value-test.ts";
import type { ReadValue } from "./field-slots.ts";

export type TermReader<Event> = (event: Event) => ReadValue;

/** Reads what a transformer makes of its inputs; no value where an input has none. */
export function transformReader<Event>(
  term: TransformerTerm,
  readerOfInput: (input: TransformerInput) => TermReader<Event>,
): TermReader<Event> {
  const readers = term.inputs.map(readerOfInput);
  return (event) => {
    const inputs: (FieldValue | readonly FieldValue[])[] = [];
    for (const reader of readers) {
      const value = reader(event);
      if (value === undefined) return undefined;
      inputs.push(value);
    }
    return transform(term, inputs);
  };
}

function transform(
  term: TransformerTerm,
  inputs: readonly (FieldValue | readonly FieldValue[])[],
): ReadValue {
  const [first = "", second = ""] = inputs;
  switch (term.name) {
    case "tolower":
      return each(first, (value) => foldCase(valueText(value)));
    case "toupper":
      return each(first, (value) => raiseCase(valueText(value)));
    case "b64":
      return each(first, decode);
    case "basename":
      return each(first, (value) => baseName(valueText(value)));
    case "len":
      return lengthOf(first);
    case "join":
      return valuesOf(second).map(valueText).join(textOf(first));
    case "concat":
      return inputs.map(textOf).join("");
    case "getopt":
      return optionIn(valuesOf(first).map(valueText), textOf(second), term.argument ?? "");
  }
}

/** Of several values each is transformed; where one cannot be, there is no value. */
function each(
  value: FieldValue | readonly FieldValue[],
  make: (value: FieldValue) => FieldValue | undefined,
): ReadValue {
  if (!isList(value)) return make(value);
  const made = value.map(make);
  return made.every((one) => one !== undefined) ? made : undefined;
}

/** What was bytes stays bytes. */
function decode(value: FieldValue): FieldValue | undefined {
  const bytes = base64Bytes(valueText(value));
  return bytes === undefined || value instanceof Uint8Array ? bytes : utf8Text(bytes);
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** A to Z alone, like {@link foldCase}. */
function raiseCase(text: string): string {
  return text.replace(/[a-z]+/gu, (letters) => letters.toUpperCase());
}

function lengthOf(value: FieldValue | readonly FieldValue[]): number {
  if (isList(value)) return value.length;
  return value instanceof Uint8Array ? value.length : utf8Bytes(valueText(value)).length;
}

function textOf(value: FieldValue | readonly FieldValue[]): string {
  return isList(value) ? value.map(valueText).join(",") : valueText(value);
}

function valuesOf(value: FieldValue | readonly FieldValue[]): readonly FieldValue[] {
  if (isList(value)) return value;
  return valueText(value)
    .split(/\s+/u)
    .filter((word) => word !== "");
}

function isList(value: FieldValue | readonly FieldValue[]): value is readonly FieldValue[] {
  return Array.isArray(value);
}

/** The value of one option as getopt(3) finds it, empty for one that takes none; no value where it is not given. */
function optionIn(words: readonly string[], known: string, wanted: string): string | undefined {
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (word === "--") return undefined;
    if (!/^-./u.test(word)) continue;
    for (let char = 1; char < word.length; char += 1) {
      const option = word.charAt(char);
      const takesValue = known.charAt(known.indexOf(option) + 1) === ":" && option !== ":";
      const rest = word.slice(char + 1);
      if (takesValue && known.includes(option)) {
        if (option === wanted) return rest === "" ? words[at + 1] : rest;
        if (rest === "") at += 1;
        break;
      }
      if (option === wanted && known.includes(option)) return "";
    }
  }
  return undefined;
}
