import { performance } from "node:perf_hooks";

/** Makes what tells for what share of the time since it was last asked this thread was at work, from 0 to 1. */
export function loopShare(): () => number {
  let last = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    return utilization;
  };
}
