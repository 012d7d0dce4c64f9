import type { Check, Operand, Term, TransformerInput } from "./expression.ts";

/** Writes a check in one form, however its author wrote it. */
export function printCheck({ left, operator, quantifier, right }: Check): string {
  const words = [printTerm(left), operator];
  if (quantifier !== undefined) words.push(quantifier);
  if (right !== undefined) words.push(printOperand(right));
  return words.join(" ");
}

/** Writes a field or transformer: `proc.aname[2]`. */
export function printTerm(term: Term): string {
  const argument = term.argument === undefined ? "" : `[${printArgument(term.argument)}]`;
  if (term.kind === "field") return `${term.name}${argument}`;
  return `${term.name}(${term.inputs.map(printInput).join(", ")})${argument}`;
}

function printInput(input: TransformerInput): string {
  switch (input.kind) {
    case "field":
    case "transformer":
      return printTerm(input);
    case "text":
      return quote(input.text);
    case "number":
      return input.text;
    case "list":
      return `(${input.items.map(printInput).join(", ")})`;
  }
}

function printOperand(operand: Operand): string {
  switch (operand.kind) {
    case "literal":
      return printText(operand.text);
    case "literals":
      return `(${operand.texts.map(printText).join(", ")})`;
    case "value":
      return operand.term.kind === "field" ? `val(${printTerm(operand.term)})` : printTerm(operand.term);
  }
}

function printText(text: string): string {
  const isWord = /^(?:oneof|anyof|allof)$/u.test(text);
  return /^[^()"'\s=,]+$/u.test(text) && !isWord ? text : quote(text);
}

function printArgument(text: string): string {
  return /^[^[\]"'\s]+$/u.test(text) ? text : quote(text);
}

function quote(text: string): string {
  return `"${text.replace(/["\\\b\f\n\r\t]/gu, (char) => escapes.get(char) ?? char)}"`;
}

const escapes: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ["\\", "\\\\"],
  ["\b", "\\b"],
  ["\f", "\\f"],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
]);
