import { joinSpans, type Span } from "./span.ts";

/** Makes a value coarser, or leaves it. */
type Level = (value: string) => string;

/**
 * How values are kept: as fine as there is room for. `levels` go from fine to coarse, each is idempotent, and each
 * later one gives the same for a value as for what an earlier one made of it.
 */
export interface SetShape {
  readonly levels: readonly Level[];
  readonly most: number;
}

/** What a set holds, as its document has it. */
export interface SetContent {
  readonly level: number;
  readonly open: Span | undefined;
  readonly values: Iterable<readonly [string, Span]>;
}

/**
 * A bounded set of values. When there are too many it makes all of them coarser, one level at a time; when the
 * coarsest are still too many it is *open*: it holds nothing and stands for anything.
 *
 * The level is the finest at which the values fit. How many there are at one level only grows with what was added, so
 * it does not matter in which order, or in which parts, values came together.
 */
export class LeveledSet implements SetContent {
  readonly #shape: SetShape;
  readonly #values = new Map<string, Span>();
  #level = 0;
  #open: Span | undefined;

  constructor(shape: SetShape) {
    this.#shape = shape;
  }

  get level(): number {
    return this.#level;
  }

  /** When anything was seen, where the set is open. */
  get open(): Span | undefined {
    return this.#open;
  }

  get values(): ReadonlyMap<string, Span> {
    return this.#values;
  }

  add(value: string, span: Span): void {
    if (this.#open !== undefined) {
      this.#open = joinSpans(this.#open, span);
      return;
    }
    const coarse = this.#at(value);
    this.#values.set(coarse, joinSpans(this.#values.get(coarse), span));
    while (this.#values.size > this.#shape.most) this.#raise();
  }

  has(value: string): boolean {
    return this.#open !== undefined || this.#values.has(this.#at(value));
  }

  /** Notes that a value that the set has was seen again. */
  touch(value: string, time: number): void {
    if (this.#open !== undefined) {
      this.#open = joinSpans(this.#open, { first: time, last: time });
      return;
    }
    const coarse = this.#at(value);
    const span = this.#values.get(coarse);
    if (span !== undefined && span.last < time) this.#values.set(coarse, { first: span.first, last: time });
  }

  join(other: LeveledSet): void {
    this.restore(other.#level, other.#open, other.#values);
  }

  /** Adds what another set holds, at the level that it has. */
  restore(level: number, open: Span | undefined, values: Iterable<readonly [string, Span]>): void {
    if (open !== undefined) this.#openUp(open);
    while (this.#open === undefined && this.#level < level) this.#raise();
    for (const [value, span] of values) this.add(value, span);
  }

  /** Forgets what was not seen since then. What is left stays as coarse as it is. */
  age(before: number): void {
    if (this.#open !== undefined && this.#open.last < before) this.#open = undefined;
    for (const [value, span] of this.#values) if (span.last < before) this.#values.delete(value);
    if (this.isEmpty) this.#level = 0;
  }

  get isEmpty(): boolean {
    return this.#open === undefined && this.#values.size === 0;
  }

  /** When anything in it was seen. */
  get span(): Span | undefined {
    let all = this.#open;
    for (const span of this.#values.values()) all = joinSpans(all, span);
    return all;
  }

  #at(value: string): string {
    return this.#shape.levels[this.#level]?.(value) ?? value;
  }

  #raise(): void {
    const all = [...this.#values];
    if (this.#level + 1 >= this.#shape.levels.length) {
      const { span } = this;
      if (span !== undefined) this.#openUp(span);
      return;
    }
    this.#level += 1;
    this.#values.clear();
    for (const [value, span] of all) {
      const coarse = this.#at(value);
      this.#values.set(coarse, joinSpans(this.#values.get(coarse), span));
    }
  }

  #openUp(span: Span): void {
    let all = joinSpans(this.#open, span);
    for (const one of this.#values.values()) all = joinSpans(all, one);
    this.#values.clear();
    // Where open sets are the same, so are their documents.
    this.#level = this.#shape.levels.length - 1;
    this.#open = all;
  }
}
