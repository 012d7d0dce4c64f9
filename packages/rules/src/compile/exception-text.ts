import type { ExceptionValue, RuleException } from "../document/definitions.ts";
import { isManyComparison } from "../document/read-exceptions.ts";

/** Writes a rule's condition with what its exceptions take from it; the condition stands in parentheses then. */
export function withExceptions(condition: string, exceptions: readonly RuleException[]): string {
  if (!hasExceptions(exceptions)) return condition;
  const texts = exceptions.filter(({ values }) => values.length > 0).map(exceptionText);
  return `(${condition})${texts.join("")}`;
}

/** Whether exceptions take anything away. */
export function hasExceptions(exceptions: readonly RuleException[]): boolean {
  return exceptions.some(({ values }) => values.length > 0);
}

function exceptionText({ fields, comparisons, values }: RuleException): string {
  if (typeof fields === "string") {
    return ` and not (${fields} ${String(comparisons)} (${values.map(valueText).join(", ")}))`;
  }
  const rows = values.map(
    (row) =>
      `(${fields.map((field, at) => checkText(field, comparisons[at] ?? "=", row[at] ?? "")).join(" and ")})`,
  );
  return ` and not (${rows.join(" or ")})`;
}

function checkText(field: string, comparison: string, value: ExceptionValue): string {
  const text = valueText(value);
  return `${field} ${comparison} ${isManyComparison(comparison) && !text.startsWith("(") ? `(${text})` : text}`;
}

function valueText(value: ExceptionValue): string {
  if (typeof value !== "string") return `(${value.map(valueText).join(", ")})`;
  const isQuoted = /^(?:".*"|'.*'|\(.*\))$/su.test(value);
  return (/\s/u.test(value) || value === "") && !isQuoted ? `"${value}"` : value;
}
