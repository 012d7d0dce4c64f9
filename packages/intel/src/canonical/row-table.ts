const FIRST_ROWS = 1024;
/** Less than twofold: what is not used yet is memory all the same. */
const GROWTH = 1.4;

/** Rows of 32-bit numbers, millions of them, without an object for each. */
export class RowTable {
  readonly #width: number;
  #words: Uint32Array;
  #count = 0;

  constructor(width: number) {
    this.#width = width;
    this.#words = new Uint32Array(width * FIRST_ROWS);
  }

  get count(): number {
    return this.#count;
  }

  push(...row: readonly number[]): void {
    const start = this.#count * this.#width;
    if (start + this.#width > this.#words.length) {
      const words = new Uint32Array(Math.ceil(this.#count * GROWTH) * this.#width);
      words.set(this.#words);
      this.#words = words;
    }
    for (let column = 0; column < this.#width; column += 1) this.#words[start + column] = row[column] ?? 0;
    this.#count += 1;
  }

  at(row: number, column: number): number {
    return this.#words[row * this.#width + column] ?? 0;
  }

  /** Forgets all rows from one on. */
  truncate(count: number): void {
    this.#count = count;
  }

  /** The numbers of the rows, in the order of the first columns, and where these are the same as `prefer` says. */
  sorted(keyColumns: number, prefer: (left: number, right: number) => number): Uint32Array {
    const order = Uint32Array.from({ length: this.#count }, (_, row) => row);
    const [words, width] = [this.#words, this.#width];
    return order.sort((left, right) => {
      for (let column = 0; column < keyColumns; column += 1) {
        const difference = (words[left * width + column] ?? 0) - (words[right * width + column] ?? 0);
        if (difference !== 0) return difference;
      }
      return prefer(left, right);
    });
  }

  /** Whether two rows are the same in the first columns. */
  isSame(left: number, right: number, keyColumns: number): boolean {
    for (let column = 0; column < keyColumns; column += 1) {
      if (this.at(left, column) !== this.at(right, column)) return false;
    }
    return true;
  }
}
