import { isRecent } from "@pratique/core";
import type { BreakerLimits } from "./policy/response-policy.ts";

/** That a container was acted on. */
export interface Counted {
  readonly cause: string;
  readonly containerId: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** A cause that acts on nothing any more until a person has looked at it. */
export interface Trip {
  /** A rule, an indicator, or `host` for all of them together. */
  readonly cause: string;
  readonly because: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export interface BreakerState {
  readonly counted: readonly Counted[];
  readonly trips: readonly Trip[];
}

export type Admission =
  | { readonly admitted: true }
  /** `tripped` is the new trip, where this was what it took. */
  | { readonly admitted: false; readonly because: string; readonly tripped: Trip | undefined };

const HOST = "host";
/** Different causes that are remembered as tripped; an attacker must not fill the memory with them. */
const MAX_TRIPS = 1000;
/** What is counted at most, the latest: one container can be a hit of any number of indicators. */
const MAX_COUNTED = 2000;

/**
 * Keeps one wrong rule or indicator from ending every container of a host. What it admits is counted at once, so that
 * many at the same time are not all the first.
 */
export class CircuitBreaker {
  readonly #limits: () => BreakerLimits;
  readonly #now: () => number;
  #counted: readonly Counted[];
  #trips: readonly Trip[];

  constructor({
    limits,
    now,
    state,
  }: {
    readonly limits: () => BreakerLimits;
    readonly now: () => number;
    readonly state: BreakerState;
  }) {
    this.#limits = limits;
    this.#now = now;
    this.#counted = state.counted;
    this.#trips = state.trips;
  }

  get state(): BreakerState {
    return { counted: this.#counted, trips: this.#trips };
  }

  /**
   * Whether a cause may act on a container. `held` are the containers that are acted on already; `running` is how many
   * run on the host, undefined where nobody knows.
   */
  admit(
    cause: string,
    containerId: string,
    { held, running }: { readonly held: ReadonlySet<string>; readonly running: number | undefined },
  ): Admission {
    const open = this.#trips.find((trip) => trip.cause === cause || trip.cause === HOST);
    if (open !== undefined) {
      return {
        admitted: false,
        because: `circuit breaker of ${open.cause}: ${open.because}`,
        tripped: undefined,
      };
    }
    this.#forgetOld();
    const trip = this.#tooMany(cause, containerId, new Set([...held, containerId]), running);
    if (trip !== undefined) {
      this.#trips = [...this.#trips, trip].slice(-MAX_TRIPS);
      return { admitted: false, because: `circuit breaker of ${trip.cause}: ${trip.because}`, tripped: trip };
    }
    this.#count({ cause, containerId, at: this.#now() });
    return { admitted: true };
  }

  /**
   * Whether so many containers at one time would trip it, which nothing has yet: whoever is about to admit one more makes
   * sure first that those it counts are still there.
   */
  isCrowdedBy(held: ReadonlySet<string>, running: number | undefined): boolean {
    return !this.#trips.some(({ cause }) => cause === HOST) && held.size > this.#mostAtOnce(running);
  }

  /** False where it had not tripped. What was counted for it is forgotten. */
  reset(cause: string): boolean {
    const left = this.#trips.filter((trip) => trip.cause !== cause);
    const tripped = left.length < this.#trips.length;
    this.#trips = left;
    if (tripped) this.#counted = cause === HOST ? [] : this.#counted.filter((each) => each.cause !== cause);
    return tripped;
  }

  #tooMany(
    cause: string,
    containerId: string,
    held: ReadonlySet<string>,
    running: number | undefined,
  ): Trip | undefined {
    const { containersPerCause, containersPerHost, windowSeconds } = this.#limits();
    const at = this.#now();
    const ofCause = this.#containersOf((each) => each.cause === cause).add(containerId).size;
    if (ofCause > containersPerCause) {
      return { cause, at, because: `more than ${containersPerCause} containers in ${windowSeconds} s` };
    }
    const ofHost = this.#containersOf(() => true).add(containerId).size;
    if (ofHost > containersPerHost) {
      return { cause: HOST, at, because: `more than ${containersPerHost} containers in ${windowSeconds} s` };
    }
    const most = this.#mostAtOnce(running);
    if (held.size > most) {
      return { cause: HOST, at, because: `more than ${most} of ${running} running containers at one time` };
    }
    return undefined;
  }

  #mostAtOnce(running: number | undefined): number {
    if (running === undefined) return Number.POSITIVE_INFINITY;
    return Math.max(1, Math.floor(running * this.#limits().shareOfHost));
  }

  #containersOf(counts: (each: Counted) => boolean): Set<string> {
    return new Set(this.#counted.filter(counts).map(({ containerId }) => containerId));
  }

  /** Once for each container and cause: a container that is acted on again is not one more. */
  #count(counted: Counted): void {
    const { cause, containerId } = counted;
    const others = this.#counted.filter((each) => each.cause !== cause || each.containerId !== containerId);
    this.#counted = [...others, counted].slice(-MAX_COUNTED);
  }

  #forgetOld(): void {
    const window = { nowMs: this.#now(), withinMs: this.#limits().windowSeconds * 1000 };
    this.#counted = this.#counted.filter(({ at }) => isRecent(at, window));
  }
}
