import { ProfileError } from "./errors.ts";
import { formsOf, type Item } from "./item.ts";

/** What a person said of one thing. */
export interface Decision {
  readonly item: Item;
  readonly verdict: "accepted" | "rejected";
  /** Who said it, as the record names people. */
  readonly by: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export const MOST_DECISIONS = 1024;

/** What people said, each thing by the latest word on it. */
export class Decisions {
  readonly #byKey = new Map<string, Decision>();

  /** @throws ProfileError `DECISIONS_TOO_MANY` */
  decide(decision: Decision): void {
    const key = itemKey(decision.item);
    if (!this.#byKey.has(key) && this.#byKey.size >= MOST_DECISIONS) {
      throw new ProfileError("DECISIONS_TOO_MANY", `a profile holds ${MOST_DECISIONS} decisions at most`);
    }
    this.#set(key, decision);
  }

  /** The finest decision that speaks of an item: one on `/data/a` outweighs one on all of `/data`. */
  verdictOf(item: Item): Decision["verdict"] | undefined {
    if (this.#byKey.size === 0) return undefined;
    for (const value of formsOf(item)) {
      const decision = this.#byKey.get(itemKey({ ...item, value }));
      if (decision !== undefined) return decision.verdict;
    }
    return undefined;
  }

  /** Where two profiles hold more than one can, the oldest are left out. */
  join(other: Decisions): void {
    for (const [key, decision] of other.#byKey) this.#set(key, decision);
    for (const [key] of this.#inOrder().slice(MOST_DECISIONS)) this.#byKey.delete(key);
  }

  /** Sorted by item. */
  list(): readonly Decision[] {
    return [...this.#byKey]
      .sort(([left], [right]) => compareText(left, right))
      .map(([, decision]) => decision);
  }

  #set(key: string, decision: Decision): void {
    const known = this.#byKey.get(key);
    if (known === undefined || compareDecisions(decision, known) > 0) this.#byKey.set(key, decision);
  }

  /** The latest first. */
  #inOrder(): readonly (readonly [string, Decision])[] {
    return [...this.#byKey].sort(
      ([leftKey, left], [rightKey, right]) => compareDecisions(right, left) || compareText(leftKey, rightKey),
    );
  }
}

/** Unique: texts of items hold no control characters. */
export function itemKey({ kind, subject, value }: Item): string {
  return `${kind}\n${subject}\n${value}`;
}

export function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** A later word is greater; of two at once "rejected" is. */
function compareDecisions(left: Decision, right: Decision): number {
  return left.at - right.at || compareText(left.verdict, right.verdict) || compareText(left.by, right.by);
}
