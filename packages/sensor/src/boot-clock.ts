import { readFileSync } from "node:fs";

/** Turns the kernel's time since boot into the time of day. */
export interface BootClock {
  /** Milliseconds since 1970, with fractions, of a time of CLOCK_BOOTTIME in nanoseconds. */
  wallMs(bootNs: number): number;
  /** CLOCK_BOOTTIME now, in nanoseconds. */
  nowNs(): number;
}

export interface SystemBootClockOptions {
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** CLOCK_MONOTONIC in nanoseconds. */
  readonly monotonicNs?: () => bigint;
  /** The text of /proc/uptime. */
  readonly uptime?: () => string;
}

/** How far the clocks may drift before they are compared again; the time of day may be set at any time. */
const COMPARE_EVERY_NS = 10e9;
/** /proc/uptime has hundredths of a second: less than this between the clocks is no time asleep. */
const SLEPT_NS = 50e6;

/** The clocks of this machine. CLOCK_BOOTTIME is CLOCK_MONOTONIC and the time that the machine was asleep. */
export class SystemBootClock implements BootClock {
  readonly #now: () => number;
  readonly #monotonicNs: () => bigint;
  readonly #uptime: () => string;
  #asleepNs = 0;
  #bootedAtMs = 0;
  #comparedNs = Number.NEGATIVE_INFINITY;

  constructor({ now, monotonicNs, uptime }: SystemBootClockOptions = {}) {
    this.#now = now ?? Date.now;
    this.#monotonicNs = monotonicNs ?? process.hrtime.bigint;
    this.#uptime = uptime ?? (() => readFileSync("/proc/uptime", "utf8"));
  }

  wallMs(bootNs: number): number {
    this.#compare();
    return this.#bootedAtMs + bootNs / 1e6;
  }

  nowNs(): number {
    this.#compare();
    return Number(this.#monotonicNs()) + this.#asleepNs;
  }

  #compare(): void {
    const monotonicNs = Number(this.#monotonicNs());
    if (monotonicNs - this.#comparedNs < COMPARE_EVERY_NS) return;
    this.#comparedNs = monotonicNs;
    const asleepNs = Number.parseFloat(this.#uptime()) * 1e9 - monotonicNs;
    this.#asleepNs = asleepNs > SLEPT_NS ? asleepNs : 0;
    this.#bootedAtMs = this.#now() - (monotonicNs + this.#asleepNs) / 1e6;
  }
}
