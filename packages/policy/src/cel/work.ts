import type { Expr, ExprOf } from "./expr.ts";

/**
 * How large a value can be: its parts, the whole size of the largest of them, and its own, in characters and values.
 * What stands in the expression is counted; what comes from images, launches and hosts, which have bounds of their own,
 * is taken for a list of middling length.
 */
export interface Bulk {
  readonly parts: number;
  readonly largest: number;
  readonly size: number;
}

/** The sizes of variables that are no input: of what a loop is over. */
export type Bulks = Readonly<Record<string, Bulk>>;

/** Some milliseconds of each hundred thousand: a second at most. */
export const MAX_WORK = 5_000_000;

const ONE: Bulk = { parts: 1, largest: 1, size: 1 };
const NOTHING: Bulk = { parts: 0, largest: 0, size: 0 };
const INPUT: Bulk = { parts: 32, largest: 32, size: 128 };

/** One part of a value. */
export function partOf({ largest }: Bulk): Bulk {
  return { parts: largest, largest, size: largest };
}

/**
 * How many steps an expression may take, at most, and how large its value may become. Values that grow from loop to loop,
 * as lists that are joined with themselves, are what a limit on the length of the expression does not bound.
 */
export function estimateWork(
  expr: Expr | undefined,
  bulks: Bulks,
): { readonly work: number; readonly bulk: Bulk } {
  const meter = new Meter();
  const bulk = meter.measure(expr, bulks, 1);
  return { work: meter.work, bulk };
}

class Meter {
  work = 0;

  /** Counts the work of an expression that is evaluated so many times, and gives the size of its value. */
  measure(expr: Expr | undefined, bulks: Bulks, times: number): Bulk {
    this.work += times;
    if (expr === undefined) return ONE;
    const { exprKind } = expr;
    switch (exprKind.case) {
      case "constExpr":
        return constantBulk(exprKind.value);
      case "identExpr":
        return Object.hasOwn(bulks, exprKind.value.name) ? (bulks[exprKind.value.name] ?? INPUT) : INPUT;
      case "selectExpr": {
        const owner = this.measure(exprKind.value.operand, bulks, times);
        return exprKind.value.testOnly ? ONE : partOf(owner);
      }
      case "callExpr":
        return this.#call(exprKind.value, bulks, times);
      case "listExpr":
        return together(exprKind.value.elements.map((element) => this.measure(element, bulks, times)));
      case "structExpr":
        return together(
          exprKind.value.entries.flatMap(({ keyKind, value }) => [
            keyKind.case === "mapKey" ? this.measure(keyKind.value, bulks, times) : ONE,
            this.measure(value, bulks, times),
          ]),
        );
      case "comprehensionExpr":
        return this.#loop(exprKind.value, bulks, times);
      case undefined:
        return ONE;
    }
  }

  #loop(loop: ExprOf<"comprehensionExpr">, bulks: Bulks, times: number): Bulk {
    const range = this.measure(loop.iterRange, bulks, times);
    const isList = loop.accuInit?.exprKind.case === "listExpr";
    const inside = { ...bulks, [loop.iterVar]: partOf(range), [loop.accuVar]: isList ? NOTHING : ONE };
    const step = this.measure(loop.loopStep, inside, times * range.parts);
    this.measure(loop.loopCondition, inside, times * range.parts);
    if (!isList) return ONE;
    // What is only chosen is no more than what it is chosen from.
    if (isChoice(loop)) return range;
    return { parts: range.parts, largest: step.largest, size: range.parts * step.size };
  }

  #call({ function: name, target, args }: ExprOf<"callExpr">, bulks: Bulks, times: number): Bulk {
    const given = target === undefined ? args : [target, ...args];
    const [left = ONE, right = ONE, third = ONE] = given.map((each) => this.measure(each, bulks, times));
    const all = left.size + right.size + third.size;
    switch (name) {
      case "_&&_":
      case "_||_":
      case "!_":
      case "@not_strictly_false":
        return ONE;
      case "_[_]":
        return partOf(left);
      case "_?_:_":
        return larger(right, third);
      case "_==_":
      case "_!=_":
      case "_<_":
      case "_<=_":
      case "_>_":
      case "_>=_":
        this.work += times * Math.min(left.size, right.size);
        return ONE;
      case "_+_":
        return this.#sum(left, right, times);
      case "split":
        this.work += times * all;
        return { parts: left.size, largest: left.size, size: 2 * left.size };
      case "join": {
        const size = left.size + left.parts * right.size;
        this.work += times * size;
        return { parts: size, largest: 1, size };
      }
      case "lowerAscii":
      case "upperAscii":
      case "string":
      case "dyn":
        this.work += times * all;
        return left;
      default:
        this.work += times * all;
        return ONE;
    }
  }

  #sum(left: Bulk, right: Bulk, times: number): Bulk {
    if (left === ONE && right === ONE) return ONE;
    const size = left.size + right.size;
    this.work += times * size;
    return { parts: left.parts + right.parts, largest: Math.max(left.largest, right.largest), size };
  }
}

function constantBulk({ constantKind }: ExprOf<"constExpr">): Bulk {
  if (constantKind.case !== "stringValue" && constantKind.case !== "bytesValue") return ONE;
  const { length } = constantKind.value;
  return { parts: length, largest: 1, size: length + 1 };
}

function together(members: readonly Bulk[]): Bulk {
  let [largest, size] = [0, members.length];
  for (const member of members) {
    largest = Math.max(largest, member.size);
    size += member.size;
  }
  return { parts: members.length, largest, size };
}

function larger(left: Bulk, right: Bulk): Bulk {
  return {
    parts: Math.max(left.parts, right.parts),
    largest: Math.max(left.largest, right.largest),
    size: Math.max(left.size, right.size),
  };
}

/** Whether a loop puts the items themselves into its list, as `filter` does. */
function isChoice({ iterVar, loopStep }: ExprOf<"comprehensionExpr">): boolean {
  if (loopStep?.exprKind.case !== "callExpr") return false;
  const [, chosen] = loopStep.exprKind.value.args;
  if (loopStep.exprKind.value.function !== "_?_:_" || chosen?.exprKind.case !== "callExpr") return false;
  const [, added] = chosen.exprKind.value.args;
  if (added?.exprKind.case !== "listExpr") return false;
  const [item] = added.exprKind.value.elements;
  return item?.exprKind.case === "identExpr" && item.exprKind.value.name === iterVar;
}
