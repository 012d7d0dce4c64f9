import type { FieldValue } from "@pratique/core";
import type { TransformerInput, TransformerTerm } from "../condition/expression.ts";
import { base64Bytes, utf8Bytes, utf8Text } from "../match/bytes.ts";
import { foldCase } from "../match/glob.ts";
import { valueText } from "../match/value-test.ts";
import type { ReadValue } from "./field-slots.ts";
import { findOption, listOptions } from "./find-option.ts";

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
      return options(term.argument, valuesOf(first).map(valueText), textOf(second));
  }
}

function options(wanted: string | undefined, words: readonly string[], letters: string): ReadValue {
  return wanted === undefined ? listOptions(words, letters) : findOption(words, letters, wanted);
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
