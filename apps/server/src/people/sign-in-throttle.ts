import type { AttemptsByKey, StoredAttempts } from "@pratique/store";
import { ServerError } from "../errors.ts";
import { RateLimit } from "../rate-limit.ts";
import { networkOf } from "./network.ts";

/** Where attempts are counted: in memory, or in a store that servers share. Milliseconds since 1970. */
export interface AttemptLedger {
  /** Shows the work what is remembered under some keys, and remembers what it makes of it, with nobody in between. */
  change(
    keys: readonly string[],
    change: { readonly nowMs: number; readonly work: (known: AttemptsByKey) => AttemptsByKey },
  ): Promise<void>;
  find(key: string, nowMs: number): Promise<StoredAttempts | undefined>;
  /** Whether a login has been signed in from a place. */
  knows(place: string, nowMs: number): Promise<boolean>;
  remember(place: string, forgetAtMs: number): Promise<void>;
}

/** How failures of one kind are slowed down. */
interface Slowdown {
  /** So many cost nothing: people mistype. */
  readonly free: number;
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
}

const MAX_DELAY_MS = 15 * 60_000;
const byLogin: Slowdown = { free: 5, firstDelayMs: 1000, maxDelayMs: MAX_DELAY_MS };
const byAddress: Slowdown = { free: 10, firstDelayMs: 60_000, maxDelayMs: MAX_DELAY_MS };
/** A hundred wrong passwords, wherever they come from (NIST SP 800-63B-4, 3.2.2); then one a minute. */
const byEverybody: Slowdown = { free: 100, firstDelayMs: 1000, maxDelayMs: 60_000 };
const FORGOTTEN_AFTER_MS = 60 * 60_000;
/** People come back to where they sign in from. */
const PLACE_FORGOTTEN_AFTER_MS = 90 * 86_400_000;
/** Who is sent away and comes back at once fills the record all the same: each attempt is written down. */
const TURNED_AWAY_PER_MINUTE = 60;

export interface SignInThrottleOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds of a clock that never turns back. */
  readonly elapsedMs: () => number;
  readonly ledger: AttemptLedger;
}

/** One attempt to sign in that has been let through. */
export interface Attempt {
  /** It was the right one: it does not count. */
  succeeded(): Promise<void>;
}

/**
 * Slows down those who guess: by the address that they call from, and by the login that they try from there. Each
 * failure beyond the first few doubles the time until the next attempt. Attempts from one address never keep the
 * owner of an account from signing in at another. Those who guess from many addresses are slowed down by the login
 * alone, but not where its owner has signed in from.
 */
export class SignInThrottle {
  readonly #now: () => number;
  readonly #ledger: AttemptLedger;
  readonly #turnedAway: RateLimit;

  constructor({ now, elapsedMs, ledger }: SignInThrottleOptions) {
    this.#now = now;
    this.#ledger = ledger;
    this.#turnedAway = new RateLimit({ limit: TURNED_AWAY_PER_MINUTE, windowMs: 60_000, elapsedMs });
  }

  /** Throws `TOO_MANY_REQUESTS` for an address that may try nothing now: before anything is written down of it. */
  async refuseBusy(address: string): Promise<void> {
    const network = networkOf(address);
    const nowMs = this.#now();
    const attempts = await this.#ledger.find(addressKey(network), nowMs);
    const waitMs = Math.max(waitOf(attempts, nowMs), this.#turnedAway.waitMs(network));
    if (waitMs > 0) throw tooMany(waitMs);
  }

  /** Counts an attempt as failed until it has succeeded: many at once are not free. Throws `TOO_MANY_REQUESTS`. */
  async begin(address: string, login?: string): Promise<Attempt> {
    const network = networkOf(address);
    const name = login?.toLowerCase();
    const place = name === undefined ? undefined : `${network} ${name}`;
    const slowdowns = new Map([[addressKey(network), byAddress]]);
    if (place !== undefined) {
      slowdowns.set(`login ${place}`, byLogin);
      if (!(await this.#ledger.knows(place, this.#now()))) slowdowns.set(`everybody ${name}`, byEverybody);
    }
    const waitMs = await this.#admit(slowdowns);
    if (waitMs > 0) {
      this.#turnedAway.admit(network);
      throw tooMany(waitMs);
    }
    return {
      succeeded: async () => {
        await this.#forgive(slowdowns);
        if (place !== undefined) await this.#ledger.remember(place, this.#now() + PLACE_FORGOTTEN_AFTER_MS);
      },
    };
  }

  /** Counts an attempt, unless it has to wait; gives for how long. */
  async #admit(slowdowns: ReadonlyMap<string, Slowdown>): Promise<number> {
    const nowMs = this.#now();
    let waitMs = 0;
    await this.#ledger.change([...slowdowns.keys()], {
      nowMs,
      work: (known) => {
        waitMs = Math.max(0, ...[...known.values()].map((attempts) => waitOf(attempts, nowMs)));
        const counted = [...slowdowns].map(
          ([key, slowdown]) => [key, afterFailure(known.get(key), slowdown, nowMs)] as const,
        );
        return waitMs > 0 ? new Map() : new Map(counted);
      },
    });
    return waitMs;
  }

  /** The login is forgiven all its failures there, the address only this one: it may try other logins. */
  async #forgive(slowdowns: ReadonlyMap<string, Slowdown>): Promise<void> {
    await this.#ledger.change([...slowdowns.keys()], {
      nowMs: this.#now(),
      work: (known) =>
        new Map(
          [...known].map(([key, attempts]) => {
            const failures = slowdowns.get(key) === byLogin ? 0 : Math.max(0, attempts.failures - 1);
            return [key, { ...attempts, failures, openAtMs: 0 }];
          }),
        ),
    });
  }
}

/** Nobody has to wait longer than the longest delay: what says so was written while the clock was ahead, and is over. */
function waitOf(attempts: StoredAttempts | undefined, nowMs: number): number {
  const waitMs = (attempts?.openAtMs ?? 0) - nowMs;
  return waitMs > 0 && waitMs <= MAX_DELAY_MS ? waitMs : 0;
}

function addressKey(network: string): string {
  return `address ${network}`;
}

function tooMany(waitMs: number): ServerError {
  return new ServerError("TOO_MANY_REQUESTS", "too many attempts to sign in", {
    retryAfterSeconds: waitMs / 1000,
  });
}

function afterFailure(
  known: StoredAttempts | undefined,
  { free, firstDelayMs, maxDelayMs }: Slowdown,
  nowMs: number,
): StoredAttempts {
  const failures = (known?.failures ?? 0) + 1;
  const delayMs = Math.min(maxDelayMs, firstDelayMs * 2 ** Math.min(failures - free, 20));
  return {
    failures,
    openAtMs: failures < free ? (known?.openAtMs ?? 0) : nowMs + delayMs,
    forgetAtMs: nowMs + FORGOTTEN_AFTER_MS,
  };
}
