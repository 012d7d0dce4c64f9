import { RecentMap } from "@pratique/core";
import type { AttemptsByKey, StoredAttempts } from "@pratique/store";
import type { AttemptLedger } from "./sign-in-throttle.ts";

const MAX_REMEMBERED = 20_000;

/** The attempts of a server that has its store to itself. */
export class AttemptMemory implements AttemptLedger {
  readonly #attempts = new RecentMap<string, StoredAttempts>(MAX_REMEMBERED);
  /** Until when each is remembered, the latest last. */
  readonly #places = new RecentMap<string, number>(MAX_REMEMBERED);

  async change(
    keys: readonly string[],
    { nowMs, work }: { readonly nowMs: number; readonly work: (known: AttemptsByKey) => AttemptsByKey },
  ): Promise<void> {
    const known = new Map<string, StoredAttempts>();
    for (const key of keys) {
      const found = this.#attempts.get(key);
      if (found === undefined) continue;
      if (found.forgetAtMs > nowMs) known.set(key, found);
      // The latest stands last: what makes room is what nobody has tried for longest.
      this.#attempts.delete(key);
      if (found.forgetAtMs > nowMs) this.#attempts.set(key, found);
    }
    for (const [key, attempts] of work(known)) this.#attempts.set(key, attempts);
  }

  async find(key: string, nowMs: number): Promise<StoredAttempts | undefined> {
    const found = this.#attempts.get(key);
    return found !== undefined && found.forgetAtMs > nowMs ? found : undefined;
  }

  async knows(place: string, nowMs: number): Promise<boolean> {
    return (this.#places.get(place) ?? 0) > nowMs;
  }

  async remember(place: string, forgetAtMs: number): Promise<void> {
    this.#places.set(place, forgetAtMs);
  }
}
