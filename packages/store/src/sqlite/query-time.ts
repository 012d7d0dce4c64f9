import process from "node:process";

const US_PER_MS = 1000;

/** How long a question took, in milliseconds. */
export interface QueryTime {
  /** By the clock. */
  readonly ms: number;
  /** Of the processor: what it waited for one, as all do now and then where there is much to do, is not in it. */
  readonly processorMs: number;
}

/** Begins to measure what this thread takes for a question; what it gives tells how long that was. */
export function startTiming(): () => QueryTime {
  const started = performance.now();
  const before = process.threadCpuUsage();
  return () => {
    const { user, system } = process.threadCpuUsage(before);
    return { ms: performance.now() - started, processorMs: (user + system) / US_PER_MS };
  };
}
