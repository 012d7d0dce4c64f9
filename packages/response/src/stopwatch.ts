/** Starts one, which gives the milliseconds since then. */
export type Stopwatch = () => () => number;

/** By a clock that never turns back. */
export function stopwatchOf(elapsedMs: () => number): Stopwatch {
  return () => {
    const start = elapsedMs();
    return () => elapsedMs() - start;
  };
}
