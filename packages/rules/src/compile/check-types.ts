import type {
  Check,
  ResolvedExpression,
  Term,
  TransformerInput,
  TransformerTerm,
} from "../condition/expression.ts";
import { printTerm } from "../condition/print-check.ts";
import type { KnownType, Multiplicity } from "../fields/field-table.ts";
import { isResolvedField, resolveField } from "../fields/resolve-field.ts";
import { compareValues, compileValueTest, isFault } from "../match/value-test.ts";

/** What a field or transformer gives. */
export interface TermType {
  readonly type: KnownType;
  readonly multiplicity: Multiplicity;
}

export interface TypeFault {
  readonly fault: string;
  /** Whether a newer or other engine may know better: a rule may ask to be left out then. */
  readonly isUnknownField: boolean;
}

/** A check that cannot be made. */
export interface CheckFault extends TypeFault {
  /** Where the check begins in the condition that its author wrote. */
  readonly at: number;
  /** The macro in whose condition it stands; undefined where it is that of the rule. */
  readonly macro: string | undefined;
}

/** Says what is wrong with each check of a condition that cannot be made, those of macros included. */
export function checkTypes(expression: ResolvedExpression): readonly CheckFault[] {
  const checker = new TypeChecker();
  checker.check(expression, undefined);
  return checker.faults;
}

/** What a term gives, or why it cannot be read. */
export function typeOfTerm(term: Term): TermType | TypeFault {
  if (term.kind === "transformer") return typeOfTransformer(term);
  const field = resolveField(term);
  if (!isResolvedField(field)) return { fault: field.fault, isUnknownField: true };
  return { type: field.type, multiplicity: field.multiplicity };
}

class TypeChecker {
  readonly faults: CheckFault[] = [];
  /** Bodies of macros are looked at once, however often they are used. */
  readonly #seen = new Set<ResolvedExpression>();

  check(expression: ResolvedExpression, macro: string | undefined): void {
    switch (expression.kind) {
      case "check": {
        const fault = faultOfCheck(expression);
        if (fault !== undefined) this.faults.push({ ...fault, at: expression.at, macro });
        break;
      }
      case "macro":
        if (this.#seen.has(expression.body)) break;
        this.#seen.add(expression.body);
        this.check(expression.body, expression.name);
        break;
      case "not":
        this.check(expression.part, macro);
        break;
      case "and":
      case "or":
        for (const part of expression.parts) this.check(part, macro);
        break;
    }
  }
}

function faultOfCheck(check: Check): TypeFault | undefined {
  const left = typeOfTerm(check.left);
  if ("fault" in left) return left;
  const { operator, quantifier, right } = check;
  if (operator === "exists" || right === undefined) return undefined;
  if (left.multiplicity === "list" && operator !== "in" && operator !== "intersects") {
    return wrong(check, `is a list, which ${operator} does not compare`);
  }
  if (right.kind === "value") return faultOfValue(check, left, right.term);
  if (left.type === "any") return undefined;
  const texts = right.kind === "literal" ? [right.text] : right.texts;
  const test = compileValueTest(left.type, { operator, quantifier, texts });
  return isFault(test) ? wrong(check, test.fault) : undefined;
}

function faultOfValue(check: Check, left: TermType, term: Term): TypeFault | undefined {
  const right = typeOfTerm(term);
  if ("fault" in right) return right;
  const sides = [left, right];
  if (sides.some(({ multiplicity }) => multiplicity === "any" || multiplicity === "ends")) {
    return wrong(check, "several values cannot be compared with another field");
  }
  if (sides.some(({ type }) => type === "network")) return wrong(check, "networks have no value to compare");
  if (left.type === "any" || right.type === "any" || check.operator === "exists") return undefined;
  if (left.type !== right.type)
    return wrong(check, `is a ${left.type}, and ${printTerm(term)} a ${right.type}`);
  const test = compareValues(left.type, check.operator);
  return isFault(test) ? wrong(check, test.fault) : undefined;
}

function wrong(check: Check, fault: string): TypeFault {
  return { fault: `${printTerm(check.left)}: ${fault}`, isUnknownField: false };
}

function typeOfTransformer(term: TransformerTerm): TermType | TypeFault {
  const faulty = term.inputs.flatMap(faultsOfInput).at(0);
  if (faulty !== undefined) return faulty;
  const fault = faultOfInputs(term);
  if (fault !== undefined) return { fault: `${term.name}: ${fault}`, isUnknownField: false };
  return resultOf(term);
}

/** What is made of each value by itself stays one or several, and what is decoded stays text or bytes. */
function resultOf({ name, inputs, argument }: TransformerTerm): TermType {
  const [first] = inputs;
  const input = first?.kind === "field" || first?.kind === "transformer" ? typeOfTerm(first) : undefined;
  const multiplicity = input === undefined || "fault" in input ? "one" : input.multiplicity;
  switch (name) {
    case "tolower":
    case "toupper":
    case "basename":
      return { type: "string", multiplicity };
    case "b64":
      return {
        type: input !== undefined && "type" in input && input.type === "bytes" ? "bytes" : "string",
        multiplicity,
      };
    case "len":
      return { type: "number", multiplicity: "one" };
    case "getopt":
      return { type: "string", multiplicity: argument === undefined ? "list" : "one" };
    case "join":
    case "concat":
      return { type: "string", multiplicity: "one" };
  }
}

function faultsOfInput(input: TransformerInput): readonly TypeFault[] {
  if (input.kind === "text" || input.kind === "number") return [];
  if (input.kind === "list") return input.items.flatMap(faultsOfInput);
  const type = typeOfTerm(input);
  return "fault" in type ? [type] : [];
}

function faultOfInputs({ name, inputs, argument }: TransformerTerm): string | undefined {
  if (argument !== undefined && name !== "getopt") return "takes no argument in brackets";
  const [first, second] = inputs;
  switch (name) {
    case "tolower":
    case "toupper":
    case "basename":
      return inputs.length === 1 && isOfType(first, ["string"]) ? undefined : "takes one text";
    case "b64":
      return inputs.length === 1 && isOfType(first, ["string", "bytes"])
        ? undefined
        : "takes one text or bytes";
    case "len":
      return inputs.length === 1 && isOfType(first, ["string", "bytes"])
        ? undefined
        : "takes one text, bytes or list";
    case "join":
      return inputs.length === 2 && isOfType(first, ["string"]) ? undefined : "takes a separator and a list";
    case "concat":
      return inputs.length > 1 && inputs.every((input) => input.kind !== "list") ? undefined : "takes texts";
    case "getopt": {
      if (inputs.length !== 2 || second?.kind !== "text")
        return "takes arguments, and the letters of options";
      if (argument !== undefined && argument.length !== 1) return "takes one letter in brackets";
      return undefined;
    }
  }
}

function isOfType(input: TransformerInput | undefined, types: readonly KnownType[]): boolean {
  if (input === undefined) return false;
  switch (input.kind) {
    case "text":
      return types.includes("string");
    case "number":
      return false;
    case "list":
      return types.includes("bytes");
    case "field":
    case "transformer": {
      const type = typeOfTerm(input);
      return (
        "type" in type && (type.type === "any" || types.includes(type.type) || type.multiplicity === "list")
      );
    }
  }
}
