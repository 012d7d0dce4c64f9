import { RulesError } from "../../errors.ts";
import type { Expression } from "../expression.ts";
import { readCondition } from "../parse-condition.ts";

/** The expression of a condition in which nothing is wrong. Throws a `RulesError` that tells of the first fault. */
export function parseCondition(text: string): Expression {
  const { expression, faults } = readCondition(text);
  const [fault] = faults;
  if (expression !== undefined && fault === undefined) return expression;
  const { message = "no expression, and no fault", at = 0 } = fault ?? {};
  throw new RulesError("CONDITION_INVALID", `${message}, character ${at + 1}`);
}
