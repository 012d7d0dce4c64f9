/** A token that begins somewhere in the bytes that were searched. */
export type TokenTaker = (token: number, at: number) => void;

/** As many bytes are looked at together: of three, few texts have any that stand in a token. */
const BLOCK = 3;
/** Longer beginnings would skip more, and few tokens are longer. */
const MAX_WINDOW = 16;
const HASH_BITS = 14;
const HASH_MASK = (1 << HASH_BITS) - 1;

/**
 * Finds many tokens in one go over the bytes, most of which it never looks at (Wu and Manber, "A fast algorithm for
 * multi-pattern searching", 1994): the last bytes of a window tell how far away the next token can at best begin. The
 * shortest token is as long as the window, so it should have eight bytes. Time is linear in the length of the bytes; where
 * somebody has written them to make it slow, times the length of the longest token.
 */
export class TokenSearch {
  readonly #tokens: readonly Uint8Array[];
  readonly #window: number;
  /** By the hash of the last bytes of the window. */
  readonly #shifts: Uint8Array;
  readonly #candidates = new Map<number, readonly number[]>();

  /** Tokens have three bytes and more. */
  constructor(tokens: readonly Uint8Array[]) {
    this.#tokens = tokens;
    this.#window = Math.min(MAX_WINDOW, ...tokens.map(({ length }) => length));
    if (this.#window < BLOCK) throw new RangeError(`expected tokens of ${BLOCK} bytes and more`);
    this.#shifts = new Uint8Array(1 << HASH_BITS).fill(this.#window - BLOCK + 1);
    for (const [number, token] of tokens.entries()) this.#enter(number, token);
  }

  /** Gives the tokens that begin at `from` or later and before `until`, and lie in the bytes as a whole. */
  search(bytes: Uint8Array, { from, until }: { from: number; until: number }, take: TokenTaker): void {
    const lead = this.#window - 1;
    const end = Math.min(until + lead, bytes.length);
    const shifts = this.#shifts;
    for (let at = Math.max(0, from) + lead; at < end; ) {
      const hash = hashAt(bytes, at);
      const shift = shifts[hash] ?? 0;
      if (shift > 0) {
        at += shift;
        continue;
      }
      for (const number of this.#candidates.get(hash) ?? []) {
        if (standsAt(bytes, at - lead, this.#tokens[number])) take(number, at - lead);
      }
      at += 1;
    }
  }

  #enter(number: number, token: Uint8Array): void {
    for (let end = BLOCK - 1; end < this.#window; end += 1) {
      const hash = hashAt(token, end);
      const shift = this.#window - 1 - end;
      this.#shifts[hash] = Math.min(shift, this.#shifts[hash] ?? 0);
      if (shift === 0) this.#candidates.set(hash, [...(this.#candidates.get(hash) ?? []), number]);
    }
  }
}

/** Of the three bytes that end at a place. */
function hashAt(bytes: Uint8Array, end: number): number {
  return (((bytes[end - 2] ?? 0) << 9) ^ ((bytes[end - 1] ?? 0) << 5) ^ (bytes[end] ?? 0)) & HASH_MASK;
}

function standsAt(bytes: Uint8Array, at: number, token: Uint8Array | undefined): boolean {
  if (token === undefined || at + token.length > bytes.length) return false;
  for (let index = 0; index < token.length; index += 1) {
    if (bytes[at + index] !== token[index]) return false;
  }
  return true;
}
