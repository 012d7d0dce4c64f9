import { itemKey } from "./decisions.ts";
import { type Doer, isTouched, type Taint } from "./guard.ts";
import type { Item } from "./item.ts";
import type { Span } from "./span.ts";

/** Something that was seen and is not learned yet. */
export interface Candidate {
  readonly item: Item;
  readonly span: Span;
  /** The first few that did it, each of another container or process. */
  readonly doers: readonly Doer[];
}

export const MOST_CANDIDATES = 1024;
export const MOST_DOERS = 4;

/**
 * Holds what is seen for a while before it is learned: an attack is often told by what comes after its first steps.
 * When it is full, what is new has to be seen again later.
 */
export class Probation {
  readonly #candidates = new Map<string, Candidate>();

  get size(): number {
    return this.#candidates.size;
  }

  get candidates(): readonly Candidate[] {
    return [...this.#candidates.values()];
  }

  has(item: Item): boolean {
    return this.#candidates.has(itemKey(item));
  }

  /** Gives false where there is no room. */
  add(item: Item, doer: Doer): boolean {
    const key = itemKey(item);
    const known = this.#candidates.get(key);
    if (known === undefined && this.#candidates.size >= MOST_CANDIDATES) return false;
    const { time } = doer;
    const span = {
      first: Math.min(known?.span.first ?? time, time),
      last: Math.max(known?.span.last ?? time, time),
    };
    const doers = known?.doers ?? [];
    const isNew = doers.length < MOST_DOERS && !doers.some((one) => sameDoer(one, doer));
    this.#candidates.set(key, { item, span, doers: isNew ? [...doers, doer] : doers });
    return true;
  }

  restore(candidate: Candidate): void {
    this.#candidates.set(itemKey(candidate.item), candidate);
  }

  remove(item: Item): void {
    this.#candidates.delete(itemKey(item));
  }

  /** Takes out what was seen first before then. */
  takeUntil(time: number): readonly Candidate[] {
    const due = this.candidates.filter(({ span }) => span.first <= time);
    for (const { item } of due) this.remove(item);
    return due;
  }

  /** Takes out what only spoiled doers did. */
  takeSpoiled(taint: Taint): readonly Candidate[] {
    const spoiled: Candidate[] = [];
    for (const [key, candidate] of this.#candidates) {
      const doers = candidate.doers.filter((doer) => !isTouched(taint, doer));
      if (doers.length === candidate.doers.length) continue;
      if (doers.length > 0) this.#candidates.set(key, { ...candidate, doers });
      else {
        this.#candidates.delete(key);
        spoiled.push(candidate);
      }
    }
    return spoiled;
  }
}

function sameDoer(left: Doer, right: Doer): boolean {
  return left.container === right.container && left.chain[0]?.pid === right.chain[0]?.pid;
}
