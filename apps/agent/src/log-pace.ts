const SAME_AGAIN_MS = 600_000;

/** Keeps what is tried each second from being logged each second. */
export class LogPace {
  readonly #elapsedMs: () => number;
  readonly #last = new Map<string, { readonly reason: string; readonly at: number }>();

  constructor({ elapsedMs }: { readonly elapsedMs: () => number }) {
    this.#elapsedMs = elapsedMs;
  }

  /** Whether to log that something fails: at once for another reason than before, and every ten minutes for the same. */
  isDue(what: string, reason: string): boolean {
    const at = this.#elapsedMs();
    const last = this.#last.get(what);
    if (last?.reason === reason && at - last.at < SAME_AGAIN_MS) return false;
    this.#last.set(what, { reason, at });
    return true;
  }
}
