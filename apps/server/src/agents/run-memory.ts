import type { RunLedger } from "./clone-watch.ts";

/** More starts of one agent than these are not remembered: an older one counts as new, and the newest as heard again. */
const MAX_RUNS = 100;

/** Remembers runs for as long as this server runs, and for this server alone. */
export class RunMemory implements RunLedger {
  readonly #runs = new Map<string, string[]>();

  async hear(host: string, run: string): Promise<string> {
    const runs = this.#runs.get(host) ?? [];
    this.#runs.set(host, runs);
    if (!runs.includes(run)) runs.push(run);
    if (runs.length > MAX_RUNS) runs.shift();
    return runs.at(-1) ?? run;
  }

  async last(host: string): Promise<string | undefined> {
    return this.#runs.get(host)?.at(-1);
  }
}
