import { type ConditionSource, MAX_CONDITION_LENGTH } from "../condition/parse-condition.ts";
import type { ListDefinition } from "../document/definitions.ts";
import { RulesError } from "../errors.ts";

/** All lists together, once those that name others are filled in. */
const MAX_ITEMS = 4_000_000;
/** What may stand at either side of a list's name in a condition. */
const WORD = /[^\s(),=]+/gu;

/** A condition with its lists filled in, and the way back to what its author wrote. */
export interface FilledText {
  readonly text: string;
  readonly source: ConditionSource;
}

interface FilledList {
  readonly index: number;
  readonly items: readonly string[];
}

/**
 * Fills lists into conditions. The language does so in the text, before it is parsed, which is why a list may stand
 * anywhere and hold anything: an item may even bring a quote of its own.
 */
export class ListTexts {
  readonly #texts = new Map<string, string>();
  readonly used = new Set<string>();

  /** Throws a `RulesError` where lists of lists grow beyond all bounds. */
  constructor(lists: ReadonlyMap<string, ListDefinition>) {
    const filled = fillLists(lists);
    // From the last to the first: an item that is the name of a later list is filled in as well, and that one is known.
    const backwards = [...filled].sort(([, left], [, right]) => right.index - left.index);
    for (const [name, { items }] of backwards) {
      for (const item of lists.get(name)?.items ?? []) if (lists.has(item)) this.used.add(item);
      const text = this.#fill(items.join(", ")).text;
      if (text.length > MAX_CONDITION_LENGTH) throw tooLong(name);
      this.#texts.set(name, text);
    }
  }

  get names(): Iterable<string> {
    return this.#texts.keys();
  }

  has(name: string): boolean {
    return this.#texts.has(name);
  }

  fill(condition: string): FilledText {
    return this.#fill(condition, (name) => this.used.add(name));
  }

  #fill(condition: string, onUse?: (name: string) => void): FilledText {
    const pieces = new Pieces(condition);
    for (const { 0: word, index } of condition.matchAll(WORD)) {
      const text = this.#texts.get(word);
      if (text === undefined) continue;
      onUse?.(word);
      if (text === "") pieces.remove(index, index + word.length);
      else pieces.replace(index, index + word.length, text);
      if (pieces.length > MAX_CONDITION_LENGTH) throw tooLong(word);
    }
    return pieces.finish();
  }
}

/** Fills lists into the lists after them. */
function fillLists(lists: ReadonlyMap<string, ListDefinition>): ReadonlyMap<string, FilledList> {
  const filled = new Map<string, FilledList>();
  let total = 0;
  for (const list of [...lists.values()].sort((left, right) => left.index - right.index)) {
    const items = list.items.flatMap((item) => filled.get(item)?.items ?? [quoteBlanks(item)]);
    total += items.length;
    if (total > MAX_ITEMS) throw tooLong(list.name);
    filled.set(list.name, { index: list.index, items });
  }
  return filled;
}

function quoteBlanks(item: string): string {
  return /\s/u.test(item) && !/^["']/u.test(item) ? `"${item}"` : item;
}

function tooLong(name: string): RulesError {
  return new RulesError("RULES_INVALID", `list ${JSON.stringify(name)} makes conditions too long`);
}

/** A text in which parts are replaced from left to right. */
class Pieces {
  readonly #source: string;
  #text = "";
  /** How far the source is taken over. */
  #taken = 0;
  /** For each part of the result, where it begins there and in the source, and whether it is replaced. */
  readonly #parts: {
    readonly at: number;
    readonly from: number;
    readonly to: number;
    readonly isNew: boolean;
  }[] = [];

  constructor(source: string) {
    this.#source = source;
  }

  get length(): number {
    return this.#text.length;
  }

  replace(from: number, to: number, text: string): void {
    this.#keep(from);
    this.#parts.push({ at: this.#text.length, from, to, isNew: true });
    this.#text += text;
    this.#taken = to;
  }

  /** An empty list takes a comma with it: the one before it, or else the one after. */
  remove(from: number, to: number): void {
    const before = /,\s*$/u.exec(this.#source.slice(this.#taken, from));
    const after = before === null ? /^\s*,/u.exec(this.#source.slice(to)) : null;
    this.replace(before === null ? from : from - before[0].length, to + (after?.[0].length ?? 0), "");
  }

  finish(): FilledText {
    if (this.#parts.length === 0) {
      return {
        text: this.#source,
        source: { textOf: (start, end) => this.#source.slice(start, end), offsetOf: (at) => at },
      };
    }
    this.#keep(this.#source.length);
    return {
      text: this.#text,
      source: {
        textOf: (start, end) => this.#source.slice(this.#startOf(start), this.#endOf(end)),
        offsetOf: (at) => this.#startOf(at),
      },
    };
  }

  #keep(to: number): void {
    if (to > this.#taken) this.#parts.push({ at: this.#text.length, from: this.#taken, to, isNew: false });
    this.#text += this.#source.slice(this.#taken, to);
    this.#taken = to;
  }

  #startOf(at: number): number {
    const part = this.#partAt(at);
    return part === undefined ? 0 : part.from + (part.isNew ? 0 : at - part.at);
  }

  #endOf(at: number): number {
    const part = this.#partAt(at - 1);
    if (part === undefined) return this.#source.length;
    return part.isNew ? part.to : part.from + (at - part.at);
  }

  /** The last one that begins there or before; a condition may have as many parts as checks that ask for them. */
  #partAt(at: number) {
    let [low, high] = [0, this.#parts.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#parts[middle]?.at ?? 0) <= at) low = middle + 1;
      else high = middle;
    }
    return this.#parts[low - 1];
  }
}
