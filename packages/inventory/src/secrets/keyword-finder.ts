/** A text to look for. */
export interface Keyword {
  readonly text: string;
  readonly ignoreCase: boolean;
}

/** Told of each keyword and where it begins; false ends the search. */
export type OnKeyword = (keyword: number, at: number) => boolean;

/** So many bytes of a keyword decide where the search goes on. */
const WINDOW = 4;
const PAIRS = 0x10000;
const MIXES = 0x40000;
/** All bytes of ASCII that one can see: what may follow a keyword that is shorter than the window. */
const VISIBLE = Array.from({ length: 94 }, (_, index) => 0x21 + index);

/**
 * Finds many keywords in one pass over bytes, most of which it never looks at (S. Wu, U. Manber, "A fast algorithm for
 * multi-pattern searching", 1994): the last two bytes of a window tell how far the next keyword is away at the least.
 *
 * Takes time in proportion to the bytes, times the number of keywords that share their fourth and third byte.
 */
export class KeywordFinder {
  readonly #shifts = new Uint8Array(PAIRS).fill(WINDOW - 1);
  /** 1 for the mixed bytes of windows in which a keyword may begin: few others have the same. */
  readonly #windows = new Uint8Array(MIXES);
  readonly #buckets: number[][] = [];
  /** The bucket of the keywords whose window ends with two bytes. */
  readonly #bucketOf = new Uint16Array(PAIRS);
  readonly #keywords: readonly { readonly exact: Uint8Array; readonly folded: Uint8Array | undefined }[];

  /** Keywords are ASCII, and three bytes long at the least. */
  constructor(keywords: readonly Keyword[]) {
    // The bucket of all that ends no keyword.
    this.#buckets.push([]);
    this.#keywords = keywords.map(({ text, ignoreCase }) => ({
      exact: Buffer.from(text, "latin1"),
      folded: ignoreCase ? Buffer.from(text.toLowerCase(), "latin1") : undefined,
    }));
    keywords.forEach((keyword, index) => {
      this.#add(keyword, index);
    });
  }

  /** Looks through the bytes from `start` on, in order. Of a keyword that is cut off at the end nothing is told. */
  find(bytes: Uint8Array, start: number, onKeyword: OnKeyword): void {
    const shifts = this.#shifts;
    const windows = this.#windows;
    const end = bytes.length;
    for (let at = start + WINDOW - 1; at < end; ) {
      const pair = ((bytes[at - 1] ?? 0) << 8) | (bytes[at] ?? 0);
      const shift = shifts[pair] ?? 1;
      at += shift;
      if (shift > 0) continue;
      const from = at - WINDOW + 1;
      at += 1;
      if (windows[mix(((bytes[from] ?? 0) << 8) | (bytes[from + 1] ?? 0), pair)] === 0) continue;
      for (const keyword of this.#buckets[this.#bucketOf[pair] ?? 0] ?? []) {
        if (this.#stands(keyword, bytes, from) && !onKeyword(keyword, from)) return;
      }
    }
  }

  #stands(keyword: number, bytes: Uint8Array, at: number): boolean {
    const { exact = NONE, folded } = this.#keywords[keyword] ?? {};
    if (at + exact.length > bytes.length) return false;
    for (let index = 0; index < exact.length; index += 1) {
      const byte = bytes[at + index] ?? 0;
      if (folded === undefined ? byte !== exact[index] : lower(byte) !== folded[index]) return false;
    }
    return true;
  }

  #add({ text, ignoreCase }: Keyword, index: number): void {
    const choices = Array.from({ length: WINDOW }, (_, position) =>
      position < text.length ? variants(text.charCodeAt(position), ignoreCase) : VISIBLE,
    );
    for (const start of pairsOf(choices[0], choices[1])) {
      for (const end of pairsOf(choices[2], choices[3])) this.#windows[mix(start, end)] = 1;
    }
    for (let position = 1; position < WINDOW; position += 1) {
      const shift = WINDOW - 1 - position;
      for (const pair of pairsOf(choices[position - 1], choices[position])) this.#note(pair, shift, index);
    }
  }

  #note(pair: number, shift: number, index: number): void {
    this.#shifts[pair] = Math.min(this.#shifts[pair] ?? 0, shift);
    if (shift > 0) return;
    const number = this.#bucketOf[pair] ?? 0;
    if (number > 0) {
      this.#buckets[number]?.push(index);
      return;
    }
    this.#bucketOf[pair] = this.#buckets.length;
    this.#buckets.push([index]);
  }
}

const NONE = new Uint8Array();

function mix(start: number, end: number): number {
  return (Math.imul(start, 0x9e3b) ^ end) & (MIXES - 1);
}

function pairsOf(firsts: readonly number[] = [], seconds: readonly number[] = []): readonly number[] {
  return firsts.flatMap((first) => seconds.map((second) => (first << 8) | second));
}

function variants(unit: number, ignoreCase: boolean): readonly number[] {
  const letter = String.fromCharCode(unit);
  const all = ignoreCase ? [letter.toLowerCase(), letter.toUpperCase()] : [letter];
  return [...new Set(all)].map((text) => text.charCodeAt(0));
}

function lower(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
}
