import { suggest } from "../suggest.ts";
import { couldBeEqual, describeType, type Type } from "./cel-type.ts";
import { type Expr, stringConstant } from "./expr.ts";

/** What is wrong with a value as a condition. */
export function conditionFaults(type: Type): readonly string[] {
  if (type.kind === "bool" || type.kind === "any") return [];
  return [`a condition is true or false, found ${describeType(type)}`];
}

/** What is wrong with a value on one side of `<` and its kin. */
export function orderFaults(type: Type): readonly string[] {
  if (type.kind !== "string" || type.unordered !== true) return [];
  return ['severities have no order here; write severity in ["critical", "high"]'];
}

/** What is wrong with comparing two values. CEL answers `false` without a word: a rule that never holds. */
export function equalityFaults(left: Type, right: Type): readonly string[] {
  if (couldBeEqual(left, right)) return [];
  return [`${describeType(left)} is never equal to ${describeType(right)}`];
}

/** What is wrong with comparing a value with a word that is written out. */
export function wordFaults(type: Type, written: Expr | undefined): readonly string[] {
  const word = stringConstant(written);
  if (word === undefined || type.kind !== "string" || type.words === undefined) return [];
  if (type.words.includes(word)) return [];
  const words = type.words.filter(Boolean).join(", ");
  return [`${JSON.stringify(word)} is not one of ${words}${suggest(word, type.words)}`];
}
