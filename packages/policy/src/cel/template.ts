import { type CelValue, isCelError, isCelList, isCelMap, isCelUint } from "@bufbuild/cel";
import type { Scope } from "./check.ts";
import { type Bindings, type Compiled, compileExpression, type Expression } from "./expression.ts";

/** The longest text that a template writes, in UTF-16 units; the rest is cut, visibly. */
export const MAX_TEXT_LENGTH = 500;
const MAX_PLACEHOLDERS = 16;

/** A text with `{{ CEL }}` in it, ready to be written. */
export interface Template {
  readonly parts: readonly (string | Expression)[];
  readonly reads: ReadonlySet<string>;
}

/** Never throws; names every error of every placeholder. */
export function compileTemplate(
  text: string,
  scope: Scope,
):
  | { readonly template: Template; readonly warnings: readonly string[] }
  | { readonly errors: readonly string[] } {
  const parts: (string | Expression)[] = [];
  const errors: string[] = [];
  const warnings: string[] = [];
  // Every second piece of the split is what stood between the braces.
  const pieces = text.split(/\{\{((?:(?!\{\{|\}\}).)*)\}\}/su);
  if (pieces.length > 2 * MAX_PLACEHOLDERS) return { errors: [`more than ${MAX_PLACEHOLDERS} placeholders`] };
  for (const [index, piece] of pieces.entries()) {
    if (index % 2 === 0) {
      if (piece.includes("{{") || piece.includes("}}")) errors.push('"{{" and "}}" do not pair');
      if (piece !== "") parts.push(piece);
      continue;
    }
    const compiled = compileExpression(piece.trim(), scope, "any");
    if ("errors" in compiled) errors.push(...compiled.errors);
    else {
      parts.push(compiled.expression);
      warnings.push(...templateWarnings(compiled));
    }
  }
  if (errors.length > 0) return { errors };
  const reads = new Set(parts.flatMap((part) => (typeof part === "string" ? [] : [...part.reads])));
  return { template: { parts, reads }, warnings };
}

/** Writes the text. What cannot be evaluated is said in its place: a verdict must not fail over its wording. */
export function writeTemplate({ parts }: Template, bindings: Bindings): string {
  const written = parts.map((part) => (typeof part === "string" ? part : writePart(part, bindings)));
  return cut(printable(written.join("")), MAX_TEXT_LENGTH);
}

/** Writes a value for people: lists with commas, texts as they are. */
export function writeValue(value: CelValue): string {
  if (value === null) return "null";
  if (typeof value === "object") {
    if (isCelList(value)) return [...value].map(writeValue).join(", ");
    if (isCelMap(value))
      return [...value].map(([key, item]) => `${String(key)}=${writeValue(item)}`).join(" ");
    if (isCelUint(value)) return String(value.value);
    return "(a value that has no text)";
  }
  return String(value);
}

/** Cuts a text to a length, and shows that it was cut. */
export function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

/**
 * Images and launches choose some of what is written here, and it ends on terminals and web pages: control
 * characters and those that turn the direction of writing are replaced.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]+/gu, " ").trim();
}

function writePart(expression: Expression, bindings: Bindings): string {
  const value = expression.evaluate(bindings);
  return isCelError(value) ? `(${value.message})` : writeValue(value);
}

/** A missing key only spoils a text, so it is not worth a warning there. */
function templateWarnings({ warnings }: Compiled): readonly string[] {
  return warnings.filter((warning) => !warning.startsWith("key "));
}
