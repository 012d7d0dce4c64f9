/** What is wrong with a database, or with one thing in it; the reader goes on where that is sound. */
export type Fault = (reason: string) => void;

/** More than any distribution has packages. */
export const MAX_HEADERS = 200_000;

/**
 * Counts what a database gives out. Its parts lie side by side in its file, so that together they are never longer
 * than the file; a chain that leads in circles, or one that many entries share, soon is.
 */
export class Budget {
  #bytes: number;
  #headers = 0;

  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  /** Whether that many more bytes may be read. */
  takes(bytes: number): boolean {
    this.#bytes -= bytes;
    return this.#bytes >= 0;
  }

  /** Whether one more header may be read. */
  takesHeader(): boolean {
    this.#headers += 1;
    return this.#headers <= MAX_HEADERS;
  }
}
