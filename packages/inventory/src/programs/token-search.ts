/** A token that begins somewhere in the bytes that were searched. */
export type TokenTaker = (token: number, at: number) => void;

/** As many bytes are looked at together: of two there are few enough for a table of all. */
const BLOCK = 2;
/** Longer beginnings would skip more, and few tokens are longer. */
const MAX_WINDOW = 16;
/**
 * A step has to wait for the one before, as nothing else says where it goes. Four that go their own ways wait for the
 * memory together.
 */
const LANES = 4;

/** A token that was found, by its number. */
interface Hit {
  readonly token: number;
  readonly at: number;
}

/**
 * Finds many tokens in one go over the bytes, most of which it never looks at (Wu and Manber, "A fast algorithm for
 * multi-pattern searching", 1994): the last bytes of a window tell how far away the next token can at best begin. The
 * shortest token is as long as the window, so it should have eight bytes. Time is linear in the length of the bytes; where
 * somebody has written them to make it slow, times the length of the longest token.
 */
export class TokenSearch {
  readonly #tokens: readonly Uint8Array[];
  readonly #window: number;
  /** By the last bytes of the window. */
  readonly #shifts: Uint8Array;
  readonly #candidates = new Map<number, readonly number[]>();

  /** Tokens have two bytes and more. */
  constructor(tokens: readonly Uint8Array[]) {
    this.#tokens = tokens;
    this.#window = Math.min(MAX_WINDOW, ...tokens.map(({ length }) => length));
    if (this.#window < BLOCK) throw new RangeError(`expected tokens of ${BLOCK} bytes and more`);
    this.#shifts = new Uint8Array(1 << (8 * BLOCK)).fill(this.#window - BLOCK + 1);
    for (const [number, token] of tokens.entries()) this.#enter(number, token);
  }

  /** Gives the tokens that begin at `from` or later and before `until`, and lie in the bytes as a whole, in their order. */
  search(bytes: Uint8Array, { from, until }: { from: number; until: number }, take: TokenTaker): void {
    const lead = this.#window - 1;
    const start = Math.max(0, from) + lead;
    const end = Math.min(until + lead, bytes.length);
    if (start >= end) return;
    for (const { token, at } of this.#hits(bytes, start, end)) take(token, at);
  }

  /** Those of which the window ends at `start` or later and before `end`. */
  #hits(bytes: Uint8Array, start: number, end: number): readonly Hit[] {
    const length = Math.ceil((end - start) / LANES);
    const hits: Hit[] = [];
    const shifts = this.#shifts;
    const endA = start + length;
    const endB = endA + length;
    const endC = endB + length;
    let a = start;
    let b = endA;
    let c = endB;
    let d = endC;
    while (a < endA && b < endB && c < endC && d < end) {
      const shiftA = shifts[blockAt(bytes, a)] ?? 0;
      const shiftB = shifts[blockAt(bytes, b)] ?? 0;
      const shiftC = shifts[blockAt(bytes, c)] ?? 0;
      const shiftD = shifts[blockAt(bytes, d)] ?? 0;
      a += shiftA > 0 ? shiftA : this.#look(bytes, a, hits);
      b += shiftB > 0 ? shiftB : this.#look(bytes, b, hits);
      c += shiftC > 0 ? shiftC : this.#look(bytes, c, hits);
      d += shiftD > 0 ? shiftD : this.#look(bytes, d, hits);
    }
    this.#finish(bytes, a, { end: Math.min(endA, end), hits });
    this.#finish(bytes, b, { end: Math.min(endB, end), hits });
    this.#finish(bytes, c, { end: Math.min(endC, end), hits });
    this.#finish(bytes, d, { end, hits });
    return hits.length > 1 ? hits.sort((left, right) => left.at - right.at) : hits;
  }

  #finish(bytes: Uint8Array, start: number, { end, hits }: { end: number; hits: Hit[] }): void {
    for (let at = start; at < end; ) {
      const shift = this.#shifts[blockAt(bytes, at)] ?? 0;
      at += shift > 0 ? shift : this.#look(bytes, at, hits);
    }
  }

  /** Adds the tokens whose windows end here, and gives how far it is to the next place: one byte. */
  #look(bytes: Uint8Array, at: number, hits: Hit[]): 1 {
    const begin = at - this.#window + 1;
    for (const token of this.#candidates.get(blockAt(bytes, at)) ?? []) {
      if (standsAt(bytes, begin, this.#tokens[token])) hits.push({ token, at: begin });
    }
    return 1;
  }

  #enter(number: number, token: Uint8Array): void {
    for (let end = BLOCK - 1; end < this.#window; end += 1) {
      const block = blockAt(token, end);
      const shift = this.#window - 1 - end;
      this.#shifts[block] = Math.min(shift, this.#shifts[block] ?? 0);
      if (shift === 0) this.#candidates.set(block, [...(this.#candidates.get(block) ?? []), number]);
    }
  }
}

/** The two bytes that end at a place. */
function blockAt(bytes: Uint8Array, end: number): number {
  return ((bytes[end - 1] ?? 0) << 8) | (bytes[end] ?? 0);
}

function standsAt(bytes: Uint8Array, at: number, token: Uint8Array | undefined): boolean {
  if (token === undefined || at + token.length > bytes.length) return false;
  for (let index = 0; index < token.length; index += 1) {
    if (bytes[at + index] !== token[index]) return false;
  }
  return true;
}
