import { ServerError } from "../errors.ts";
import { networkOf } from "./network.ts";

interface Attempts {
  failures: number;
  /** No attempt is let through before this moment. */
  openAtMs: number;
  lastMs: number;
}

/** How failures of one kind are slowed down. */
interface Slowdown {
  /** So many cost nothing: people mistype. */
  readonly free: number;
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
}

const byLogin: Slowdown = { free: 5, firstDelayMs: 1000, maxDelayMs: 15 * 60_000 };
const byAddress: Slowdown = { free: 10, firstDelayMs: 60_000, maxDelayMs: 15 * 60_000 };
/** A hundred wrong passwords, wherever they come from (NIST SP 800-63B-4, 3.2.2); then one a minute. */
const byEverybody: Slowdown = { free: 100, firstDelayMs: 1000, maxDelayMs: 60_000 };
const FORGOTTEN_AFTER_MS = 60 * 60_000;
const MAX_REMEMBERED = 20_000;

/** One attempt to sign in that has been let through. */
export interface Attempt {
  /** It was the right one: it does not count. */
  succeeded(): void;
}

/**
 * Slows down those who guess: by the address that they call from, and by the login that they try from there. Each
 * failure beyond the first few doubles the time until the next attempt. Attempts from one address never keep the
 * owner of an account from signing in at another. Those who guess from many addresses are slowed down by the login
 * alone, but not where its owner has signed in from.
 */
export class SignInThrottle {
  readonly #now: () => number;
  readonly #attempts = new Map<string, Attempts>();
  /** Networks and logins that have gone together, the latest last. */
  readonly #known = new Set<string>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Counts an attempt as failed until it has succeeded: many at once are not free. Throws `TOO_MANY_REQUESTS`. */
  begin(address: string, login?: string): Attempt {
    const network = networkOf(address);
    const keys: [string, Slowdown][] = [[`address ${network}`, byAddress]];
    const name = login?.toLowerCase();
    const place = `${network} ${name}`;
    if (name !== undefined) keys.push([`login ${place}`, byLogin]);
    if (name !== undefined && !this.#known.has(place)) keys.push([`everybody ${name}`, byEverybody]);
    const counted = keys.map(([key, slowdown]) => ({ attempts: this.#of(key), slowdown }));
    const now = this.#now();
    const openAtMs = Math.max(...counted.map(({ attempts }) => attempts.openAtMs));
    if (openAtMs > now) {
      throw new ServerError("TOO_MANY_REQUESTS", "too many attempts to sign in", {
        retryAfterSeconds: (openAtMs - now) / 1000,
      });
    }
    for (const { attempts, slowdown } of counted) count(attempts, slowdown, now);
    return {
      succeeded: () => {
        this.#forgive(counted);
        if (name !== undefined) this.#remember(place);
      },
    };
  }

  #remember(place: string): void {
    this.#known.delete(place);
    this.#known.add(place);
    const [oldest] = this.#known;
    if (this.#known.size > MAX_REMEMBERED && oldest !== undefined) this.#known.delete(oldest);
  }

  /** The login is forgiven all its failures there, the address only this one: it may try other logins. */
  #forgive(counted: readonly { readonly attempts: Attempts; readonly slowdown: Slowdown }[]): void {
    for (const { attempts, slowdown } of counted) {
      attempts.failures = slowdown === byLogin ? 0 : attempts.failures - 1;
      attempts.openAtMs = 0;
    }
  }

  #of(key: string): Attempts {
    const now = this.#now();
    const known = this.#attempts.get(key);
    const isRecent = known !== undefined && now - known.lastMs < FORGOTTEN_AFTER_MS;
    const found = isRecent ? known : { failures: 0, openAtMs: 0, lastMs: now };
    // The latest stands last: what makes room is what nobody has tried for longest.
    this.#attempts.delete(key);
    this.#attempts.set(key, found);
    const [oldest] = this.#attempts.keys();
    if (this.#attempts.size > MAX_REMEMBERED && oldest !== undefined) this.#attempts.delete(oldest);
    return found;
  }
}

function count(attempts: Attempts, { free, firstDelayMs, maxDelayMs }: Slowdown, now: number): void {
  attempts.failures += 1;
  attempts.lastMs = now;
  if (attempts.failures < free) return;
  attempts.openAtMs = now + Math.min(maxDelayMs, firstDelayMs * 2 ** Math.min(attempts.failures - free, 20));
}
