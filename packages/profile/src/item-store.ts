import type { Item, KindShape } from "./item.ts";
import { LeveledSet, type SetContent } from "./leveled-set.ts";
import { joinSpans, type Span } from "./span.ts";

/** All that is known of one kind: a bounded set of values for each of a bounded number of subjects. */
export class ItemStore {
  readonly #shape: KindShape;
  readonly #subjects = new Map<string, LeveledSet>();
  #open: Span | undefined;

  constructor(shape: KindShape) {
    this.#shape = shape;
  }

  /** When anything was seen, where there were too many subjects. */
  get open(): Span | undefined {
    return this.#open;
  }

  get subjects(): ReadonlyMap<string, LeveledSet> {
    return this.#subjects;
  }

  get isEmpty(): boolean {
    return this.#open === undefined && this.#subjects.size === 0;
  }

  add({ subject, value }: Item, span: Span): void {
    const set = this.#subject(subject);
    if (set === undefined) this.#open = joinSpans(this.#open, span);
    else set.add(value, span);
  }

  has({ subject, value }: Item): boolean {
    return this.#open !== undefined || this.#subjects.get(subject)?.has(value) === true;
  }

  /** It has the value, or one that cannot be told from it. */
  covers({ subject, value }: Item): boolean {
    if (this.#open !== undefined) return true;
    const set = this.#subjects.get(subject);
    const { unknown, judgesKnownSubjects } = this.#shape;
    if (set === undefined) return judgesKnownSubjects === true;
    return set.has(value) || (unknown !== undefined && (value === unknown || set.has(unknown)));
  }

  touch({ subject, value }: Item, time: number): void {
    const set = this.#subjects.get(subject);
    if (this.#open !== undefined) this.#open = joinSpans(this.#open, { first: time, last: time });
    else if (set === undefined || set.has(value)) set?.touch(value, time);
    else for (const known of set.values.keys()) set.touch(known, time);
  }

  join(other: ItemStore): void {
    if (other.#open !== undefined) this.openUp(other.#open);
    for (const [subject, set] of other.#subjects) {
      const own = this.#subject(subject);
      const { span } = set;
      if (own !== undefined) own.join(set);
      else if (span !== undefined) this.#open = joinSpans(this.#open, span);
    }
  }

  /** Adds what a document holds of a subject. */
  restore(subject: string, { level, open, values }: SetContent): void {
    this.#subject(subject)?.restore(level, open, values);
  }

  openUp(span: Span): void {
    let all = joinSpans(this.#open, span);
    for (const set of this.#subjects.values()) if (set.span !== undefined) all = joinSpans(all, set.span);
    this.#subjects.clear();
    this.#open = all;
  }

  age(before: number): void {
    if (this.#open !== undefined && this.#open.last < before) this.#open = undefined;
    for (const [subject, set] of this.#subjects) {
      set.age(before);
      if (set.isEmpty) this.#subjects.delete(subject);
    }
  }

  /** Undefined where there is no room: the kind is open then, and knows anything. */
  #subject(subject: string): LeveledSet | undefined {
    if (this.#open !== undefined) return undefined;
    const known = this.#subjects.get(subject);
    if (known !== undefined) return known;
    if (this.#subjects.size >= this.#shape.mostSubjects) {
      const { span } = this;
      if (span !== undefined) this.openUp(span);
      return undefined;
    }
    const set = new LeveledSet(this.#shape);
    this.#subjects.set(subject, set);
    return set;
  }

  get span(): Span | undefined {
    let all = this.#open;
    for (const { span } of this.#subjects.values()) if (span !== undefined) all = joinSpans(all, span);
    return all;
  }
}
