import { closeSync, fdatasync, openSync } from "node:fs";

/**
 * Flushes the write-ahead log beside the event loop, for records whose writer does not wait. It begins at once: what a
 * power cut may take is never older than one flush, which is sooner than anybody else can have been told of it.
 */
export class LaterFlush implements Disposable {
  readonly #file: string;
  #descriptor: number | undefined;
  #isRunning = false;
  #isWanted = false;

  constructor(file: string) {
    this.#file = file;
  }

  /** Throws where the file cannot be opened. */
  begin(): void {
    this.#descriptor ??= openSync(this.#file, "r");
    this.#isWanted = true;
    if (!this.#isRunning) this.#run(this.#descriptor);
  }

  [Symbol.dispose](): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #run(descriptor: number): void {
    this.#isRunning = true;
    this.#isWanted = false;
    // A disk that cannot be written fails the next record that is waited for.
    fdatasync(descriptor, () => {
      this.#isRunning = false;
      if (this.#isWanted && this.#descriptor === descriptor) this.#run(descriptor);
    });
  }
}
