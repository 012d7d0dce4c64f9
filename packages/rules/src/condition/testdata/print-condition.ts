import type { Expression, ResolvedExpression } from "../expression.ts";
import { printCheck } from "../print-check.ts";

/** Writes a condition so that parsing it gives the same one. */
export function printCondition(expression: Expression | ResolvedExpression): string {
  switch (expression.kind) {
    case "and":
      return expression.parts
        .map((part) => printPart(part, part.kind === "or" || part.kind === "and"))
        .join(" and ");
    case "or":
      return expression.parts.map((part) => printPart(part, part.kind === "or")).join(" or ");
    case "not":
      return `not ${printPart(expression.part, expression.part.kind !== "check" && expression.part.kind !== "macro")}`;
    case "macro":
      return expression.name;
    case "check":
      return printCheck(expression);
  }
}

function printPart(part: Expression | ResolvedExpression, wrapped: boolean): string {
  return wrapped ? `(${printCondition(part)})` : printCondition(part);
}
