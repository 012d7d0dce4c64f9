/** A clock that moves only when told to. */
export interface FixedClock {
  /** Milliseconds since 1970, to be passed in where a `now` is wanted. */
  readonly now: () => number;
  advance(ms: number): void;
}

/** A clock that stands at an ISO 8601 time. */
export function fixedClock(start = "2026-01-01T00:00:00Z"): FixedClock {
  let ms = Date.parse(start);
  return {
    now: () => ms,
    advance(by) {
      ms += by;
    },
  };
}
