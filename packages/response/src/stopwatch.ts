/** Starts one, which gives the milliseconds since then. */
export type Stopwatch = () => () => number;

/** By a clock that never turns back. */
export function stopwatchOf(monotonic: () => number): Stopwatch {
  return () => {
    const start = monotonic();
    return () => monotonic() - start;
  };
}
