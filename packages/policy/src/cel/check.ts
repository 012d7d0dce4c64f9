import { suggest } from "../suggest.ts";
import {
  ANY,
  BOOL,
  couldBeEqual,
  DURATION,
  describeType,
  listOf,
  mapOf,
  STRING,
  TIMESTAMP,
  type Type,
} from "./cel-type.ts";
import { conditionFaults, equalityFaults, orderFaults, wordFaults } from "./comparison.ts";
import { constantType, type Expr, type ExprOf, stringConstant } from "./expr.ts";
import { SIGNATURES } from "./functions.ts";
import type { Bulks } from "./work.ts";

/** What an expression is, found without running it. */
export interface CheckResult {
  readonly type: Type;
  /** What is looked at, as far as fields lead: `findings`, `launch.privileged`, `image.distro.id`. */
  readonly reads: ReadonlySet<string>;
  /** The patterns given to `matches`. */
  readonly patterns: ReadonlySet<string>;
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}

/** The deepest syntax tree that is taken, and the most nodes. Evaluation recurses as deep as the tree. */
export const MAX_DEPTH = 100;
const MAX_NODES = 1000;

/** A loop in a loop is the most, and large lists may be looked at in the outermost only. */
const MAX_LOOPS = 2;

/** The variables in sight. `large` ones may not be used inside a loop: the cost would grow with the square. */
export interface Scope {
  readonly variables: Readonly<Record<string, Type>>;
  readonly large: ReadonlySet<string>;
  /** Loops around the expression. */
  readonly loops: number;
  /** How large the values of those variables may be that are items of a list, and how many of them there are. */
  readonly bulks?: Bulks;
  readonly times?: number;
}

/**
 * Checks an expression against the variables in sight: names, fields, the words of vocabularies, the types of
 * conditions and comparisons, and the cost.
 */
export function checkExpression(expr: Expr, scope: Scope): CheckResult {
  const checker = new Checker(scope);
  const type = checker.typeOf(expr, scope.variables, { depth: 0, loops: scope.loops });
  const { reads, patterns, errors, warnings } = checker;
  return { type, reads, patterns, errors: [...errors], warnings: [...warnings] };
}

type Variables = Readonly<Record<string, Type>>;

interface Place {
  readonly depth: number;
  readonly loops: number;
  /** The fields that are taken from the value: `.distro.id`. */
  readonly suffix?: string;
}

class Checker {
  readonly reads = new Set<string>();
  readonly patterns = new Set<string>();
  readonly errors = new Set<string>();
  readonly warnings = new Set<string>();
  readonly #scope: Scope;
  readonly #guarded = new Set<string>();
  #nodes = 0;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  typeOf(expr: Expr | undefined, variables: Variables, at: Place): Type {
    this.#nodes += 1;
    if (expr === undefined) return ANY;
    if (this.#nodes > MAX_NODES || at.depth > MAX_DEPTH) {
      this.errors.add(`expression is too large: at most ${MAX_NODES} parts, nested ${MAX_DEPTH} deep`);
      return ANY;
    }
    const inner = { depth: at.depth + 1, loops: at.loops };
    const { exprKind } = expr;
    switch (exprKind.case) {
      case "constExpr":
        return constantType(exprKind.value);
      case "identExpr":
        return this.#identType(exprKind.value.name, variables, at);
      case "selectExpr":
        return this.#selectType(exprKind.value, variables, { ...inner, suffix: at.suffix ?? "" });
      case "callExpr":
        return this.#callType(exprKind.value, variables, inner);
      case "listExpr":
        return this.#listType(exprKind.value, variables, inner);
      case "structExpr":
        return this.#structType(exprKind.value, variables, inner);
      case "comprehensionExpr":
        return this.#loopType(exprKind.value, variables, inner);
      case undefined:
        return ANY;
    }
  }

  #identType(name: string, variables: Variables, at: Place): Type {
    if (!Object.hasOwn(variables, name)) {
      const known = Object.keys(variables).filter((variable) => !variable.startsWith("@"));
      this.errors.add(`unknown variable ${JSON.stringify(name)}${suggest(name, known)}`);
      return ANY;
    }
    if (variables[name] === this.#scope.variables[name]) {
      const read = `${name}${at.suffix ?? ""}`;
      this.reads.add(read);
      if (at.loops > 0 && this.#scope.large.has(read)) {
        this.errors.add(`${JSON.stringify(read)} may not be used inside a loop or "forEach"`);
      }
    }
    return variables[name] ?? ANY;
  }

  #selectType(select: ExprOf<"selectExpr">, variables: Variables, at: Place): Type {
    const { operand, field, testOnly } = select;
    const owner = this.typeOf(operand, variables, { ...at, suffix: `.${field}${at.suffix ?? ""}` });
    switch (owner.kind) {
      case "any":
        return testOnly ? BOOL : ANY;
      case "map":
        this.#noteKey(field, testOnly);
        return testOnly ? BOOL : owner.value;
      case "object": {
        const type = Object.hasOwn(owner.fields, field) ? owner.fields[field] : undefined;
        if (type === undefined) {
          this.errors.add(
            `${owner.name} has no field ${JSON.stringify(field)}${suggest(field, Object.keys(owner.fields))}`,
          );
          return ANY;
        }
        if (testOnly) {
          this.errors.add(
            `${owner.name}.${field} is always present; compare it with its empty value instead`,
          );
        }
        return testOnly ? BOOL : type;
      }
      default:
        this.errors.add(`a ${describeType(owner)} has no field ${JSON.stringify(field)}`);
        return ANY;
    }
  }

  /** A missing key fails the evaluation, and a rule that cannot be evaluated counts as broken. */
  #noteKey(key: string, tested: boolean): void {
    if (tested) this.#guarded.add(key);
    else if (!this.#guarded.has(key)) {
      this.warnings.add(`key ${JSON.stringify(key)} may be missing; test it first with has() or "in"`);
    }
  }

  #listType(list: ExprOf<"listExpr">, variables: Variables, at: Place): Type {
    const types = list.elements.map((element) => this.typeOf(element, variables, at));
    const [first] = types;
    if (first === undefined) return listOf(ANY);
    return listOf(types.every((type) => type.kind === first.kind) ? withoutWords(first) : ANY);
  }

  #structType(struct: ExprOf<"structExpr">, variables: Variables, at: Place): Type {
    if (struct.messageName !== "") {
      this.errors.add(`unknown type ${JSON.stringify(struct.messageName)}`);
    }
    for (const entry of struct.entries) {
      if (entry.keyKind.case === "mapKey") this.typeOf(entry.keyKind.value, variables, at);
      this.typeOf(entry.value, variables, at);
    }
    return mapOf(ANY);
  }

  #loopType(loop: ExprOf<"comprehensionExpr">, variables: Variables, at: Place): Type {
    const range = this.typeOf(loop.iterRange, variables, at);
    if (range.kind !== "list" && range.kind !== "map" && range.kind !== "any") {
      this.errors.add(`a loop needs a list, found ${describeType(range)}`);
    }
    if (at.loops >= MAX_LOOPS) this.errors.add(`loops are nested deeper than ${MAX_LOOPS}`);
    const element = range.kind === "list" ? range.element : range.kind === "map" ? STRING : ANY;
    const initial = this.typeOf(loop.accuInit, variables, at);
    const inside = { depth: at.depth, loops: at.loops + 1 };
    const start = {
      ...variables,
      // A new object, so that a loop variable is never taken for a global one of the same name.
      [loop.iterVar]: { ...element },
      [loop.accuVar]: initial.kind === "list" ? ANY : initial,
    };
    const step = this.typeOf(loop.loopStep, start, inside);
    this.typeOf(loop.loopCondition, start, inside);
    const accumulated = initial.kind === "list" ? step : initial;
    return this.typeOf(loop.result, { ...start, [loop.accuVar]: accumulated }, at);
  }

  #callType(call: ExprOf<"callExpr">, variables: Variables, at: Place): Type {
    const { function: name, target, args } = call;
    if (name === "@in") this.#noteGuard(args[0]);
    const types = args.map((argument) => this.typeOf(argument, variables, at));
    const [left = ANY, right = ANY, third = ANY] = types;
    switch (name) {
      case "_&&_":
      case "_||_":
        this.#say(conditionFaults(left));
        this.#say(conditionFaults(right));
        return BOOL;
      case "!_":
        this.#say(conditionFaults(left));
        return BOOL;
      case "@not_strictly_false":
        return BOOL;
      case "_==_":
      case "_!=_":
        this.#say(equalityFaults(left, right));
        this.#say(wordFaults(left, args[1]));
        this.#say(wordFaults(right, args[0]));
        return BOOL;
      case "_<_":
      case "_<=_":
      case "_>_":
      case "_>=_":
        this.#say(equalityFaults(left, right));
        this.#say(orderFaults(left));
        this.#say(orderFaults(right));
        return BOOL;
      case "@in":
        this.#checkIn(left, right, args);
        return BOOL;
      case "_?_:_":
        this.#say(conditionFaults(left));
        return right.kind === third.kind ? right : right.kind === "any" ? third : right;
      case "_[_]":
        return this.#indexType(left, args[1]);
      case "_+_":
      case "_-_":
      case "_*_":
      case "_/_":
      case "_%_":
        return this.#arithmeticType(left, right, name);
      case "-_":
        return left;
      default:
        return this.#functionType(name, target, args, { variables, at });
    }
  }

  #functionType(
    name: string,
    target: Expr | undefined,
    args: readonly Expr[],
    { variables, at }: { readonly variables: Variables; readonly at: Place },
  ): Type {
    const signature = SIGNATURES.get(name);
    if (signature === undefined) {
      this.errors.add(`unknown function ${JSON.stringify(name)}${suggest(name, SIGNATURES.keys())}`);
      return ANY;
    }
    const on = target === undefined ? undefined : this.typeOf(target, variables, at);
    const [fewest, most] = signature.arguments;
    if (args.length < fewest || args.length > most) {
      this.errors.add(`${JSON.stringify(name)} takes ${fewest} arguments, found ${args.length}`);
    }
    if (signature.target !== undefined) {
      if (on === undefined) this.errors.add(`${JSON.stringify(name)} is called on a value: x.${name}(…)`);
      else if (!couldBeEqual(on, signature.target)) {
        this.errors.add(
          `${JSON.stringify(name)} needs a ${describeType(signature.target)}, found ${describeType(on)}`,
        );
      }
    }
    if (name === "matches") this.#notePattern(args[0]);
    return signature.result;
  }

  /** A pattern out of the image's own words would let the image choose what it is compared with. */
  #notePattern(pattern: Expr | undefined): void {
    const text = stringConstant(pattern);
    if (text === undefined) this.errors.add('"matches" needs its pattern written out');
    else this.patterns.add(text);
  }

  #arithmeticType(left: Type, right: Type, operator: string): Type {
    if (left.kind === "any" || right.kind === "any") return left.kind === "any" ? right : left;
    const times = [left, right].filter(({ kind }) => kind === "timestamp" || kind === "duration");
    if (times.length === 2) return timeType(left, right, operator);
    if (left.kind !== right.kind) {
      this.errors.add(`${describeType(left)} ${operator.slice(1, -1)} ${describeType(right)} is not defined`);
    }
    return left.kind === "string" ? STRING : left;
  }

  #indexType(owner: Type, index: Expr | undefined): Type {
    const key = stringConstant(index);
    if (owner.kind === "list") return owner.element;
    if (owner.kind === "map") {
      if (key !== undefined) this.#noteKey(key, false);
      return owner.value;
    }
    if (owner.kind === "any") return ANY;
    this.errors.add(`a ${describeType(owner)} cannot be indexed`);
    return ANY;
  }

  #noteGuard(key: Expr | undefined): void {
    const text = stringConstant(key);
    if (text !== undefined) this.#guarded.add(text);
  }

  #checkIn(item: Type, list: Type, args: readonly Expr[]): void {
    if (list.kind === "list") {
      this.#say(equalityFaults(item, list.element));
      this.#say(wordFaults(list.element, args[0]));
      const written = args[1]?.exprKind;
      if (written?.case === "listExpr") {
        for (const element of written.value.elements) this.#say(wordFaults(item, element));
      }
    } else if (list.kind !== "map" && list.kind !== "any") {
      this.errors.add(`"in" needs a list or a map, found ${describeType(list)}`);
    }
  }

  #say(faults: readonly string[]): void {
    for (const fault of faults) this.errors.add(fault);
  }
}

function withoutWords(type: Type): Type {
  return type.kind === "string" ? STRING : type;
}

/** Two moments are a time apart; a time from a moment is a moment. */
function timeType(left: Type, right: Type, operator: string): Type {
  if (left.kind === "timestamp" && right.kind === "timestamp" && operator === "_-_") return DURATION;
  return left.kind === "timestamp" || right.kind === "timestamp" ? TIMESTAMP : DURATION;
}
