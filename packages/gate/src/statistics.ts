/** What came of calls since the gate started. */
export interface GateCounts {
  readonly reads: number;
  readonly allowed: number;
  readonly denied: number;
  /** Passed only because the gate observes. */
  readonly wouldDeny: number;
  /** Calls without a verdict, which are among the denied or would-be denied too. */
  readonly failed: number;
}

export type CountedOutcome = "read" | "allowed" | "denied" | "would-deny";

export interface LatencyPercentiles {
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
}

const SAMPLES = 1024;

/** Counts calls, and keeps the latencies of the last ones that were not reads. */
export class GateStatistics {
  readonly #latencies = new Float64Array(SAMPLES);
  #next = 0;
  #filled = 0;
  #counts: Record<CountedOutcome | "failed", number> = {
    read: 0,
    allowed: 0,
    denied: 0,
    "would-deny": 0,
    failed: 0,
  };

  count(outcome: CountedOutcome, latencyMs: number, failed: boolean): void {
    this.#counts[outcome] += 1;
    if (failed) this.#counts.failed += 1;
    if (outcome === "read") return;
    this.#latencies[this.#next] = latencyMs;
    this.#next = (this.#next + 1) % SAMPLES;
    this.#filled = Math.min(this.#filled + 1, SAMPLES);
  }

  /** Calls of any outcome. */
  get total(): number {
    const { reads, allowed, denied, wouldDeny } = this.counts();
    return reads + allowed + denied + wouldDeny;
  }

  counts(): GateCounts {
    const { read, allowed, denied, "would-deny": wouldDeny, failed } = this.#counts;
    return { reads: read, allowed, denied, wouldDeny, failed };
  }

  /** Zeros where there was no call yet. */
  latency(): LatencyPercentiles {
    const sorted = this.#latencies.slice(0, this.#filled).toSorted();
    const at = (part: number): number =>
      sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0;
    return { p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99) };
  }
}
