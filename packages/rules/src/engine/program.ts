import { simplify } from "../compile/simplify.ts";
import type { Check, ResolvedExpression } from "../condition/expression.ts";
import type { ValueTest } from "../match/value-test.ts";
import { anyTest, type EventTest, type SingleCheck } from "./check-compiler.ts";
import { type Clock, Memo } from "./clock.ts";
import { type Estimate, estimateCheck, estimateJunction, estimateNot, rankIn } from "./estimate.ts";
import type { FieldSlot } from "./field-slots.ts";
import type { SharedChecks } from "./shared-checks.ts";

/** One condition or check, however many rules have it. */
interface Node<Event> {
  /** Set where it is a check, not a condition. */
  readonly check?: Check;
  readonly make: () => EventTest<Event>;
  readonly estimate: Estimate;
  uses: number;
  test: EventTest<Event> | undefined;
}

export interface ProgramParts<Event> {
  readonly clock: Clock;
  readonly checks: SharedChecks<Event>;
  /** The answer for all events of the type at hand, where it is known. */
  readonly answer: (check: Check) => boolean | undefined;
}

/** A condition as the parts that all have to hold. */
interface Entry {
  readonly place: number;
  readonly conjuncts: ReadonlySet<string>;
  /** What it takes to ask it by itself. */
  readonly cost: number;
}

/** Conditions that share a part: where it does not hold, none of them has to be asked. */
interface Plan {
  readonly guard: string | undefined;
  readonly entries: readonly Entry[];
  readonly inner: readonly Plan[];
}

/** More groups beside one another do not pay for looking for them. */
const MAX_GROUPS = 256;

/**
 * Compiles conditions for events of one type. Checks and macros that several conditions share are asked once for
 * each event. Asking has no effects, so that questions which cost little, or rule much out, may come first.
 */
export class Program<Event> {
  readonly #parts: ProgramParts<Event>;
  readonly #entries: Entry[] = [];
  readonly #nodes = new Map<string, Node<Event>>();
  readonly #ids = new Map<string, string>();
  readonly #bodies = new Map<ResolvedExpression, string>();

  constructor(parts: ProgramParts<Event>) {
    this.#parts = parts;
  }

  /** Takes a condition in, which is told by this number when it holds. */
  add(condition: ResolvedExpression, place: number): void {
    const left = simplify(condition, (check) => this.#answer(check));
    if (left === false) return;
    const conjuncts = new Set(left === true ? [] : this.#conjuncts(left));
    this.#entries.push(this.#entry(place, conjuncts));
  }

  #entry(place: number, conjuncts: ReadonlySet<string>): Entry {
    const { cost } = this.#estimateAll("and", [...conjuncts]);
    return { place, conjuncts, cost };
  }

  #estimateAll(kind: "and" | "or", ids: readonly string[]): Estimate {
    return estimateJunction(
      kind,
      this.#inOrder(kind, ids).map((id) => this.#estimateOf(id)),
    );
  }

  /** What asks all conditions that were taken in. */
  finish(): ConditionGroup<Event> {
    const plan = this.#plan(this.#entries, undefined);
    this.#countUses(plan);
    return this.#build(plan);
  }

  /** All that has to hold, looking into macros. */
  #conjuncts(expression: ResolvedExpression): readonly string[] {
    if (expression.kind === "and") return expression.parts.flatMap((part) => this.#conjuncts(part));
    const isMacroOfAll = expression.kind === "macro" && /^(?:and|macro)$/u.test(expression.body.kind);
    return isMacroOfAll ? this.#conjuncts(expression.body) : [this.#intern(expression)];
  }

  /** Puts the conditions together that share most, and does the same within them. */
  #plan(entries: readonly Entry[], guard: string | undefined): Plan {
    const inner: Plan[] = [];
    let left = entries;
    while (inner.length < MAX_GROUPS) {
      const shared = this.#mostShared(left);
      if (shared === undefined) break;
      const group = left.filter(({ conjuncts }) => conjuncts.has(shared));
      left = left.filter(({ conjuncts }) => !conjuncts.has(shared));
      const rest = group.map(({ place, conjuncts }) => this.#entry(place, without(conjuncts, shared)));
      inner.push(this.#plan(rest, shared));
    }
    return { guard, entries: left, inner };
  }

  /** The part that saves most by being asked first: what the others cost, as often as it does not hold. */
  #mostShared(entries: readonly Entry[]): string | undefined {
    const costs = new Map<string, number>();
    for (const { conjuncts, cost } of entries) {
      for (const id of conjuncts) costs.set(id, (costs.get(id) ?? 0) + cost);
    }
    let [best, most]: [string | undefined, number] = [undefined, 0];
    for (const [id, cost] of costs) {
      const itself = this.#estimateOf(id);
      const saved = cost * (1 - itself.chance) - itself.cost;
      if (saved > most) [best, most] = [id, saved];
    }
    return best;
  }

  #countUses({ guard, entries, inner }: Plan): void {
    if (guard !== undefined) this.#use(guard);
    for (const { conjuncts } of entries) for (const id of conjuncts) this.#use(id);
    for (const plan of inner) this.#countUses(plan);
  }

  #build({ guard, entries, inner }: Plan): ConditionGroup<Event> {
    const conditions = entries.map(({ place, conjuncts }) => ({
      place,
      test: this.#junction("and", [...conjuncts]),
    }));
    return new ConditionGroup({
      guard: guard === undefined ? always : this.#testOf(guard),
      conditions,
      groups: inner.map((plan) => this.#build(plan)),
    });
  }

  #answer(check: Check): boolean | undefined {
    if (asksEmptyList(check)) return false;
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
        const estimate = estimateNot(this.#estimateOf(inner));
        return this.#node(`not ${inner}`, [inner], { estimate, make: () => negation(this.#testOf(inner)) });
      }
      case "and":
      case "or": {
        const { kind } = expression;
        const inner = [...new Set(this.#flatten(kind, expression.parts))];
        const estimate = this.#estimateAll(kind, inner);
        const make = (): EventTest<Event> => this.#junction(kind, inner);
        return this.#node(`${kind} ${inner.join(" ")}`, inner, { estimate, make });
      }
    }
  }

  #internCheck(check: Check): string {
    const id = `check ${this.#parts.checks.idOf(check)}`;
    if (this.#nodes.has(id)) return id;
    const make = (): EventTest<Event> => this.#parts.checks.testOf(check) || never;
    this.#nodes.set(id, { check, make, estimate: estimateCheck(check), uses: 0, test: undefined });
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

  #node(text: string, inner: readonly string[], made: Pick<Node<Event>, "estimate" | "make">): string {
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    const id = `node ${this.#ids.size}`;
    this.#ids.set(text, id);
    for (const key of inner) this.#use(key);
    this.#nodes.set(id, { ...made, uses: 0, test: undefined });
    return id;
  }

  #use(id: string): void {
    const node = this.#nodes.get(id);
    if (node !== undefined) node.uses += 1;
  }

  #estimateOf(id: string): Estimate {
    return this.#nodes.get(id)?.estimate ?? { cost: 0, chance: 0 };
  }

  #inOrder(kind: "and" | "or", ids: readonly string[]): readonly string[] {
    return [...ids].sort(
      (left, right) => rankIn(kind, this.#estimateOf(left)) - rankIn(kind, this.#estimateOf(right)),
    );
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
    const inOrder = this.#inOrder(kind, ids);
    if (kind === "and") return conjunction(inOrder.map((id) => this.#testOf(id)));
    return disjunction(this.#alternatives(inOrder));
  }

  /** Checks of one field that nobody else asks are asked together, where the first of them stands. */
  #alternatives(ids: readonly string[]): readonly EventTest<Event>[] {
    const bySlot = new Map<FieldSlot<Event>, ValueTest[]>();
    const makers: (() => EventTest<Event>)[] = [];
    for (const id of ids) {
      const single = this.#ownCheck(id);
      const tests = single && bySlot.get(single.slot);
      if (single === undefined) makers.push(() => this.#testOf(id));
      else if (tests !== undefined) tests.push(single.test);
      else {
        const fresh = [single.test];
        bySlot.set(single.slot, fresh);
        makers.push(() => anyTest(single.slot, fresh));
      }
    }
    return makers.map((make) => make());
  }

  #ownCheck(id: string): SingleCheck<Event> | undefined {
    const node = this.#nodes.get(id);
    if (node?.check === undefined || node.uses > 1) return undefined;
    return this.#parts.checks.singleOf(node.check);
  }
}

/** Conditions behind a part that they share. */
export class ConditionGroup<Event> {
  readonly #guard: EventTest<Event>;
  readonly #conditions: readonly { readonly place: number; readonly test: EventTest<Event> }[];
  readonly #groups: readonly ConditionGroup<Event>[];

  constructor(group: {
    readonly guard: EventTest<Event>;
    readonly conditions: readonly { readonly place: number; readonly test: EventTest<Event> }[];
    readonly groups: readonly ConditionGroup<Event>[];
  }) {
    this.#guard = group.guard;
    this.#conditions = group.conditions;
    this.#groups = group.groups;
  }

  /** Puts the numbers of the conditions that hold to `found`, in no order. */
  ask(event: Event, found: number[]): void {
    if (!this.#guard(event)) return;
    for (const { place, test } of this.#conditions) if (test(event)) found.push(place);
    for (const group of this.#groups) group.ask(event, found);
  }
}

const always = (): boolean => true;

/** Lists that are there to be filled in by others are empty more often than not. */
function asksEmptyList({ operator, quantifier, right }: Check): boolean {
  const isOneOf =
    operator === "in" || operator === "intersects" || operator === "pmatch" || quantifier === "anyof";
  return isOneOf && right?.kind === "literals" && right.texts.length === 0;
}

function without(ids: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const rest = new Set(ids);
  rest.delete(id);
  return rest;
}
const never = (): boolean => false;

function negation<Event>(test: EventTest<Event>): EventTest<Event> {
  return (event) => !test(event);
}

function conjunction<Event>(tests: readonly EventTest<Event>[]): EventTest<Event> {
  const [first, second = never, third] = tests;
  if (first === undefined) return always;
  if (tests.length === 1) return first;
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
  if (tests.length === 1) return first;
  if (tests.length === 2) return (event) => first(event) || second(event);
  if (tests.length === 3 && third !== undefined)
    return (event) => first(event) || second(event) || third(event);
  return (event) => {
    for (const test of tests) if (test(event)) return true;
    return false;
  };
}
