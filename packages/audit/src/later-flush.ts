import { closeSync, fdatasync, openSync } from "node:fs";

/**
 * Flushes the write-ahead log beside the event loop, for records whose writer does not wait. It begins at once: what a
 * power cut may take is never older than one flush, which is sooner than anybody else can have been told of it.
 */
export class LaterFlush implements Disposable {
  readonly #file: string;
  #descriptor: number | undefined;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  /** Throws where the file cannot be opened. */
  begin(): void {
    this.#descriptor ??= openSync(this.#file, "r");
    // One that runs may have passed by what was just written.
    if (this.#running === undefined) this.#running = heard(this.#run(this.#descriptor));
    else this.#next ??= heard(this.#afterwards(this.#running, this.#descriptor));
  }

  /** Resolves when all is on the disk for which a flush was begun; rejects where it could not be brought there. */
  async done(): Promise<void> {
    await (this.#next ?? this.#running);
  }

  [Symbol.dispose](): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #run(descriptor: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    fdatasync(descriptor, (error) => {
      this.#running = undefined;
      if (error === null) resolve();
      else reject(error);
    });
    return promise;
  }

  async #afterwards(running: Promise<void>, descriptor: number): Promise<void> {
    await running.catch(() => undefined);
    this.#next = undefined;
    // Closed meanwhile, which flushes as well.
    if (this.#descriptor !== descriptor) return;
    this.#running = this.#run(descriptor);
    await this.#running;
  }
}

/** Whoever waits hears of a failure; nobody has to, since a disk that fails also fails the next record that is waited for. */
function heard(flush: Promise<void>): Promise<void> {
  flush.catch(() => undefined);
  return flush;
}
