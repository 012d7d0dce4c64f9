import { simplify } from "../compile/simplify.ts";
import type { Check, ResolvedExpression } from "../condition/expression.ts";
import type { EventTest } from "./check-compiler.ts";
import { type Clock, Memo } from "./clock.ts";
import type { SharedChecks } from "./shared-checks.ts";

/** One condition or check, however many rules have it. */
interface Node<Event> {
  readonly make: () => EventTest<Event>;
  /** How much it takes to ask it, in made-up units. */
  readonly cost: number;
  uses: number;
  test: EventTest<Event> | undefined;
}

export interface ProgramParts<Event> {
  readonly clock: Clock;
  readonly checks: SharedChecks<Event>;
  /** The answer for all events of the type at hand, where it is known. */
  readonly answer: (check: Check) => boolean | undefined;
}

/**
 * Compiles conditions for events of one type. Checks and macros that several conditions share are asked once for
 * each event. Asking has no effects, so that cheap questions may come first.
 */
export class Program<Event> {
  readonly #parts: ProgramParts<Event>;
  readonly #nodes = new Map<string, Node<Event>>();
  readonly #ids = new Map<string, string>();
  readonly #bodies = new Map<ResolvedExpression, string>();

  constructor(parts: ProgramParts<Event>) {
    this.#parts = parts;
  }

  /**
   * Takes a condition in; undefined where no event of the type can satisfy it. What it gives makes the test, and is
   * to be called when all conditions are in: only then it is known what is shared.
   */
  add(condition: ResolvedExpression): (() => EventTest<Event>) | undefined {
    const left = simplify(condition, (check) => this.#answer(check));
    if (typeof left === "boolean") return left ? () => always : undefined;
    const id = this.#intern(left);
    this.#use(id);
    return () => this.#testOf(id);
  }

  #answer(check: Check): boolean | undefined {
    return this.#parts.answer(check) ?? (this.#parts.checks.testOf(check) === false ? false : undefined);
  }

  /** Gives the id of a node, made where there is none yet. */
  #intern(expression: ResolvedExpression): string {
    switch (expression.kind) {
      case "check":
        return this.#internCheck(expression);
      case "macro":
        return this.#internBody(expression.body);
      case "not": {
        const inner = this.#intern(expression.part);
        return this.#node(`not ${inner}`, [inner], () => negation(this.#testOf(inner)));
      }
      case "and":
      case "or": {
        const { kind } = expression;
        const inner = [...new Set(this.#flatten(kind, expression.parts))];
        return this.#node(`${kind} ${inner.join(" ")}`, inner, () => this.#junction(kind, inner));
      }
    }
  }

  #internCheck(check: Check): string {
    const id = `check ${this.#parts.checks.idOf(check)}`;
    if (this.#nodes.has(id)) return id;
    const make = (): EventTest<Event> => this.#parts.checks.testOf(check) || never;
    this.#nodes.set(id, { make, cost: costOf(check), uses: 0, test: undefined });
    return id;
  }

  #internBody(body: ResolvedExpression): string {
    const known = this.#bodies.get(body);
    if (known !== undefined) return known;
    const id = this.#intern(body);
    this.#bodies.set(body, id);
    return id;
  }

  /** `a and (b and c)` is `a and b and c`; macros stay whole, so that their answer is shared. */
  #flatten(kind: "and" | "or", parts: readonly ResolvedExpression[]): readonly string[] {
    return parts.flatMap((part) =>
      part.kind === kind ? this.#flatten(kind, part.parts) : [this.#intern(part)],
    );
  }

  #node(text: string, inner: readonly string[], make: () => EventTest<Event>): string {
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    const id = `node ${this.#ids.size}`;
    this.#ids.set(text, id);
    const cost = inner.reduce((sum, key) => sum + this.#use(key), 1);
    this.#nodes.set(id, { make, cost, uses: 0, test: undefined });
    return id;
  }

  /** Counts a use, and tells the cost. */
  #use(id: string): number {
    const node = this.#nodes.get(id);
    if (node === undefined) return 0;
    node.uses += 1;
    return node.cost;
  }

  #testOf(id: string): EventTest<Event> {
    const node = this.#nodes.get(id);
    if (node === undefined) return never;
    node.test ??= this.#shared(node);
    return node.test;
  }

  #shared(node: Node<Event>): EventTest<Event> {
    if (node.uses < 2) return node.make();
    const memo = new Memo(this.#parts.clock, node.make());
    return (event) => memo.ask(event);
  }

  #junction(kind: "and" | "or", ids: readonly string[]): EventTest<Event> {
    const byCost = [...ids].sort((left, right) => this.#costPerUse(left) - this.#costPerUse(right));
    const tests = byCost.map((id) => this.#testOf(id));
    return kind === "and" ? conjunction(tests) : disjunction(tests);
  }

  #costPerUse(id: string): number {
    const node = this.#nodes.get(id);
    return node === undefined ? 0 : node.cost / Math.max(1, node.uses);
  }
}

const always = (): boolean => true;
const never = (): boolean => false;

function negation<Event>(test: EventTest<Event>): EventTest<Event> {
  return (event) => !test(event);
}

function conjunction<Event>(tests: readonly EventTest<Event>[]): EventTest<Event> {
  const [first = never, second = never, third] = tests;
  if (tests.length === 2) return (event) => first(event) && second(event);
  if (tests.length === 3 && third !== undefined)
    return (event) => first(event) && second(event) && third(event);
  return (event) => {
    for (const test of tests) if (!test(event)) return false;
    return true;
  };
}

function disjunction<Event>(tests: readonly EventTest<Event>[]): EventTest<Event> {
  const [first = never, second = never, third] = tests;
  if (tests.length === 2) return (event) => first(event) || second(event);
  if (tests.length === 3 && third !== undefined)
    return (event) => first(event) || second(event) || third(event);
  return (event) => {
    for (const test of tests) if (test(event)) return true;
    return false;
  };
}

function costOf({ operator, left, right }: Check): number {
  const reading = left.kind === "transformer" || right?.kind === "value" ? 6 : readingCost(left.name);
  switch (operator) {
    case "exists":
    case "=":
    case "!=":
    case "<":
    case "<=":
    case ">":
    case ">=":
      return reading + 1;
    case "in":
    case "intersects":
    case "startswith":
    case "endswith":
    case "bstartswith":
      return reading + 2;
    case "contains":
    case "icontains":
    case "bcontains":
      return reading + 5;
    case "glob":
    case "iglob":
    case "pmatch":
    case "regex":
      return reading + 12;
  }
}

/** Ancestors are walked, command lines and arguments put together. */
function readingCost(name: string): number {
  if (/^proc\.(?:a[a-z]|.*cmdline|.*args|env|s?name$)/u.test(name)) return name === "proc.name" ? 1 : 5;
  return name.startsWith("evt.arg") || name.startsWith("container.mount") ? 4 : 1;
}
