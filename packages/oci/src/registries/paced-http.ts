import { HttpError, type HttpRequest, type HttpResponse } from "@pratique/http";
import type { RegistryHttp } from "../sources/registry/registry-http.ts";
import { allowanceOf } from "./allowance.ts";

const DEFAULT_MAX_WAIT_MS = 60_000;
const MAX_ATTEMPTS = 5;
/** After a refusal that does not say for how long; doubled for each that follows. */
const FIRST_PAUSE_MS = 5_000;
const MAX_PAUSE_MS = 15 * 60_000;
/** Whatever a registry says, it is asked again after this. */
const MAX_ASKED_PAUSE_MS = 24 * 3_600_000;

export interface PacedHttpOptions {
  readonly http: RegistryHttp;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<unknown>;
  /** A pause that is longer is an error that tells how long, instead of a wait; 60 000 where absent. */
  readonly maxWaitMs?: number;
  /** Told when a host is not to be asked for a while. */
  readonly onPause?: (host: string, ms: number) => void;
}

interface Pace {
  notBeforeMs: number;
  /** Refusals in a row. */
  refusals: number;
}

/**
 * Requests that keep to what each host allows: nobody asks one that has refused (429 or 503) or has said that nothing
 * is left (`RateLimit-Remaining` and its kin), before it is time again. Rejects with `STATUS` and how long to wait
 * where that is longer than a caller would wait.
 */
export class PacedHttp implements RegistryHttp {
  readonly #options: PacedHttpOptions;
  readonly #maxWaitMs: number;
  readonly #paces = new Map<string, Pace>();

  constructor(options: PacedHttpOptions) {
    this.#options = options;
    this.#maxWaitMs = options.maxWaitMs ?? DEFAULT_MAX_WAIT_MS;
  }

  async request(request: HttpRequest): Promise<HttpResponse> {
    const { host } = new URL(request.url);
    const pace = this.#paceOf(host);
    for (let attempt = 1; ; attempt += 1) {
      await this.#waitFor(host, pace, request.signal);
      try {
        const response = await this.#options.http.request(request);
        pace.refusals = 0;
        const { remaining, resetMs } = allowanceOf(response.headers, this.#options.now());
        if (remaining === 0) this.#pause(host, pace, resetMs ?? FIRST_PAUSE_MS);
        return response;
      } catch (thrown) {
        if (!(thrown instanceof HttpError) || (thrown.status !== 429 && thrown.status !== 503)) throw thrown;
        const pauseMs = thrown.retryAfterMs ?? Math.min(FIRST_PAUSE_MS * 2 ** pace.refusals, MAX_PAUSE_MS);
        pace.refusals += 1;
        this.#pause(host, pace, pauseMs);
        if (attempt === MAX_ATTEMPTS || request.method === "POST") throw thrown;
      }
    }
  }

  /** For how long the host is not to be asked; 0 where it may be. */
  pauseMsOf(host: string): number {
    return this.#waitOf(this.#paces.get(host));
  }

  #paceOf(host: string): Pace {
    const pace = this.#paces.get(host) ?? { notBeforeMs: 0, refusals: 0 };
    this.#paces.set(host, pace);
    return pace;
  }

  async #waitFor(host: string, pace: Pace, signal: AbortSignal | undefined): Promise<void> {
    const { sleep } = this.#options;
    for (let waitMs = this.#waitOf(pace); waitMs > 0; waitMs = this.#waitOf(pace)) {
      if (waitMs > this.#maxWaitMs) {
        const message = `${host} is not to be asked yet`;
        throw new HttpError("STATUS", message, { status: 429, retryAfterMs: waitMs });
      }
      await sleep(waitMs, signal);
    }
  }

  /** No pause is longer than the longest: what says so was noted by a clock that was set back since. */
  #waitOf({ notBeforeMs }: Pick<Pace, "notBeforeMs"> = { notBeforeMs: 0 }): number {
    const waitMs = notBeforeMs - this.#options.now();
    return waitMs > 0 && waitMs <= MAX_ASKED_PAUSE_MS ? waitMs : 0;
  }

  #pause(host: string, pace: Pace, ms: number): void {
    const pauseMs = Math.min(ms, MAX_ASKED_PAUSE_MS);
    const untilMs = this.#options.now() + pauseMs;
    if (pauseMs <= this.#waitOf(pace)) return;
    pace.notBeforeMs = untilMs;
    this.#options.onPause?.(host, pauseMs);
  }
}
