/**
 * Hands chunks from a writer that is called back to a reader that iterates. The writer waits for
 * {@link drained} after each turn, so that what is held is never more than one turn's chunks.
 */
export class ChunkPipe implements AsyncIterable<Uint8Array> {
  readonly #chunks: Uint8Array[] = [];
  #ended = false;
  #error: unknown;
  #closed = false;
  #waiting = false;
  #wakeReader: () => void = () => undefined;
  #wakeWriter: () => void = () => undefined;

  push(chunk: Uint8Array): void {
    if (!this.#closed) this.#chunks.push(chunk);
    this.#wakeReader();
  }

  end(): void {
    this.#ended = true;
    this.#wakeReader();
  }

  /** Ends the pipe with an error, which the reader sees. */
  fail(error: unknown): void {
    this.#error = error;
    this.end();
  }

  /** Resolves when the reader has taken everything, or has stopped. */
  async drained(): Promise<void> {
    while (!this.#closed && !(this.#waiting && this.#chunks.length === 0)) {
      await new Promise<void>((resolve) => {
        this.#wakeWriter = resolve;
      });
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, void> {
    try {
      for (;;) {
        const chunk = this.#chunks.shift();
        if (chunk !== undefined) {
          yield chunk;
        } else if (this.#ended) {
          if (this.#error !== undefined) throw this.#error;
          return;
        } else {
          await this.#more();
        }
      }
    } finally {
      this.#closed = true;
      this.#wakeWriter();
    }
  }

  async #more(): Promise<void> {
    const more = new Promise<void>((resolve) => {
      this.#wakeReader = resolve;
    });
    this.#waiting = true;
    this.#wakeWriter();
    await more;
    this.#waiting = false;
  }
}
