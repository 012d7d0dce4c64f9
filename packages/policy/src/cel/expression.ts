import { type CelError, type CelValue, celEnv, isCelError, parse, plan } from "@bufbuild/cel";
import { messageOf } from "@pratique/core";
import { describeType, type Type } from "./cel-type.ts";
import { checkExpression, MAX_DEPTH, type Scope } from "./check.ts";
import { functions } from "./functions.ts";
import { type Bulk, estimateWork, MAX_WORK } from "./work.ts";

/** The longest expression, in UTF-16 units. */
export const MAX_EXPRESSION_LENGTH = 4096;

const TOO_MUCH = "expression may take too long: what its loops make grows from one to the next";

/** The values of variables. */
export type Bindings = Readonly<Record<string, CelValue>>;

/** An expression that has been checked and is ready to run. */
export interface Expression {
  readonly text: string;
  readonly type: Type;
  /** Variables and their fields: see {@link checkExpression}. */
  readonly reads: ReadonlySet<string>;
  /** How large its value may become. */
  readonly bulk: Bulk;
  /** Errors are values here: a missing key, an overflow. */
  evaluate(bindings: Bindings): CelValue | CelError;
}

/** An expression that cannot be used; `errors` names every reason. */
export interface Rejected {
  readonly errors: readonly string[];
}

export interface Compiled {
  readonly expression: Expression;
  readonly warnings: readonly string[];
}

const environment = celEnv({ funcs: functions });
const tryPattern = plan(environment, parse('"".matches(pattern)'));

/** Parses, checks and plans an expression that gives a value of the kind expected. Never throws. */
export function compileExpression(
  text: string,
  scope: Scope,
  expected: "bool" | "list" | "any",
): Compiled | Rejected {
  if (text.length > MAX_EXPRESSION_LENGTH) {
    return { errors: [`expression is longer than ${MAX_EXPRESSION_LENGTH} characters`] };
  }
  if (bracketDepth(text) > MAX_DEPTH) return { errors: [`expression is nested deeper than ${MAX_DEPTH}`] };
  try {
    const parsed = parse(text);
    const { type, reads, patterns, errors, warnings } = checkExpression(parsed.expr, scope);
    const all = [...errors, ...patternErrors(patterns), ...typeErrors(type, expected)];
    if (all.length > 0) return { errors: all };
    const { bulks = {}, times = 1 } = scope;
    const { work, bulk } = estimateWork(parsed.expr, bulks);
    if (work * times > MAX_WORK) return { errors: [TOO_MUCH] };
    return { expression: { text, type, reads, bulk, evaluate: plan(environment, parsed) }, warnings };
  } catch (thrown) {
    return { errors: [parseMessage(thrown)] };
  }
}

function typeErrors(type: Type, expected: "bool" | "list" | "any"): readonly string[] {
  if (expected === "any" || type.kind === expected || type.kind === "any") return [];
  const wanted = expected === "bool" ? "true or false" : "a list";
  return [`expected an expression that gives ${wanted}, found ${describeType(type)}`];
}

function patternErrors(patterns: ReadonlySet<string>): readonly string[] {
  return [...patterns].flatMap((pattern) => {
    const result = tryPattern({ pattern });
    return isCelError(result) ? [`pattern ${JSON.stringify(pattern)}: ${result.message}`] : [];
  });
}

/**
 * How deep brackets nest, those in texts left out. Parentheses leave no trace in the syntax tree, and how many
 * the parser takes depends on the stack that is left; a policy must not load in one program and fail in another.
 */
function bracketDepth(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[()[\]{}]/gsu)) {
    if ("([{".includes(token)) depth += 1;
    else if (")]}".includes(token)) depth -= 1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

/** The parser and the planner recurse; a text that exhausts the stack is one that no person wrote. */
function parseMessage(thrown: unknown): string {
  if (thrown instanceof RangeError) return "expression is nested too deeply";
  return `not a CEL expression: ${messageOf(thrown).replace(/^<input>:/u, "at ")}`;
}
