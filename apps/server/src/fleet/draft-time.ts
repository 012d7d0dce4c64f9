import { createContext, Script } from "node:vm";
import type { Caller } from "../calls/caller.ts";
import { ServerError } from "../errors.ts";

/** Said of a draft that was broken off. */
export const TOO_SLOW = "the draft takes too long to run";

const WINDOW_MS = 60_000;
/** The least that is left for the last run of a minute. */
const MIN_RUN_MS = 100;
/** More accounts than these write no drafts within a minute. */
const MAX_ACCOUNTS = 10_000;

export interface DraftTimeOptions {
  /** Milliseconds of a clock that never turns back. */
  readonly elapsedMs: () => number;
  /** One run takes no longer: nobody else is served meanwhile. */
  readonly maxRunMs?: number;
  /** What all runs of an account may take in a minute. */
  readonly shareMs?: number;
}

/**
 * Bounds the time that drafts take: whoever may read policies and rules may have drafts of their own run, on the one
 * thread that serves everybody.
 */
export class DraftTime {
  readonly #elapsedMs: () => number;
  readonly #maxRunMs: number;
  readonly #shareMs: number;
  readonly #used = new Map<string, number>();
  #windowStart = Number.NEGATIVE_INFINITY;

  constructor({ elapsedMs, maxRunMs = 2000, shareMs = 10_000 }: DraftTimeOptions) {
    this.#elapsedMs = elapsedMs;
    this.#maxRunMs = maxRunMs;
    this.#shareMs = shareMs;
  }

  /**
   * Runs what a draft asks for, which must change nothing: it may be broken off anywhere. Undefined where it took too
   * long. Throws `TOO_MANY_REQUESTS` where the account has had its share of this minute.
   */
  run<Result>(
    { principal: { account } }: Caller,
    work: () => Result,
  ): { readonly result: Result } | undefined {
    const startedAt = this.#elapsedMs();
    const left = this.#leftOf(account, startedAt);
    try {
      return within(Math.min(this.#maxRunMs, left), work);
    } finally {
      this.#used.set(account, this.#shareMs - left + (this.#elapsedMs() - startedAt));
    }
  }

  #leftOf(account: string, now: number): number {
    if (now - this.#windowStart >= WINDOW_MS || this.#used.size >= MAX_ACCOUNTS) {
      this.#windowStart = now;
      this.#used.clear();
    }
    const left = this.#shareMs - (this.#used.get(account) ?? 0);
    if (left >= MIN_RUN_MS) return Math.ceil(left);
    throw new ServerError("TOO_MANY_REQUESTS", "your drafts have taken all the time of this minute", {
      retryAfterSeconds: (this.#windowStart + WINDOW_MS - now) / 1000,
    });
  }
}

const sandbox: { work: () => void } = { work: () => undefined };
const context = createContext(sandbox);
const script = new Script("work()");

type Outcome<Result> = { readonly result: Result } | { readonly thrown: unknown };

/** The engine itself breaks off what runs too long: neither a loop nor a comparison in it can hold that up. */
function within<Result>(timeoutMs: number, work: () => Result): { readonly result: Result } | undefined {
  const outcomes: Outcome<Result>[] = [];
  sandbox.work = () => {
    try {
      outcomes.push({ result: work() });
    } catch (thrown) {
      outcomes.push({ thrown });
    }
  };
  try {
    script.runInContext(context, { timeout: timeoutMs });
  } catch {
    // What the work itself throws is caught above: this says that it was broken off.
    return undefined;
  }
  const [outcome] = outcomes;
  if (outcome === undefined || "result" in outcome) return outcome;
  throw outcome.thrown;
}
