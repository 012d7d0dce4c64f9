import type { Console } from "./console.ts";

const BAR_WIDTH = 24;
/** More often than this nobody sees. */
const REDRAW_MS = 80;

/** A bar on standard error for work that takes long; nothing where there is no terminal. */
export class Progress implements Disposable {
  readonly #console: Console;
  readonly #now: () => number;
  #drawnAt = 0;
  #drawn = false;

  constructor(console: Console, now: () => number) {
    this.#console = console;
    this.#now = now;
  }

  /** Shows how far the work is; without a total, how much was done. */
  show(label: string, done: number, total: number | undefined): void {
    if (!this.#console.showsProgress || this.#now() - this.#drawnAt < REDRAW_MS) return;
    this.#drawnAt = this.#now();
    this.#drawn = true;
    this.#console.draw(
      `${label}  ${total === undefined || total === 0 ? formatBytes(done) : bar(done, total)}`,
    );
  }

  /** Shows how many of several are done. */
  count(label: string, done: number, total: number): void {
    if (!this.#console.showsProgress || this.#now() - this.#drawnAt < REDRAW_MS) return;
    this.#drawnAt = this.#now();
    this.#drawn = true;
    this.#console.draw(`${label}  ${strokes(total === 0 ? 1 : done / total)}  ${done} of ${total}`);
  }

  [Symbol.dispose](): void {
    if (this.#drawn) this.#console.draw("");
  }
}

function bar(done: number, total: number): string {
  return `${strokes(Math.min(done / total, 1))}  ${formatBytes(done)} of ${formatBytes(total)}`;
}

function strokes(share: number): string {
  const full = Math.round(share * BAR_WIDTH);
  const percent = `${Math.floor(share * 100)} %`.padStart(5);
  return `${"━".repeat(full)}${"─".repeat(BAR_WIDTH - full)} ${percent}`;
}

function formatBytes(bytes: number): string {
  const megabytes = bytes / 1_000_000;
  return megabytes < 1 ? `${Math.ceil(bytes / 1000)} kB` : `${megabytes.toFixed(megabytes < 10 ? 1 : 0)} MB`;
}
