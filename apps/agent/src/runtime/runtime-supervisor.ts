import { existsSync } from "node:fs";
import { Worker } from "node:worker_threads";
import type { RuntimeReport } from "@pratique/api";
import type { AgentLogger } from "../agent-logger.ts";
import { Backoff } from "../backoff.ts";
import type { RuntimeMessage, RuntimeOrder, RuntimeSettings, RuntimeState } from "./runtime-messages.ts";

export interface RuntimeSupervisorOptions {
  readonly settings: RuntimeSettings;
  readonly onReport: (report: RuntimeReport) => void;
  readonly onState: (state: RuntimeState) => void;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly random: () => number;
  readonly log: AgentLogger;
}

/** Where the thread's program lies: beside this file, or where the build has put it. */
const PROGRAM = new URL(process.env.PRATIQUE_RUNTIME_THREAD ?? "./runtime-thread.ts", import.meta.url);
/** More would be a leak: the thread ends then, says so, and begins anew. */
const LIMITS = { maxOldGenerationSizeMb: 192, maxYoungGenerationSizeMb: 4 } as const;
const FIRST_BACKOFF_MS = 1000;
const MAX_BACKOFF_MS = 60_000;
const STOP_DEADLINE_MS = 8000;

/** Keeps the thread that watches running containers alive. Where there is no native sensor, it says so and is off. */
export class RuntimeSupervisor {
  readonly #options: RuntimeSupervisorOptions;
  readonly #stopping = new AbortController();
  #worker: Worker | undefined;
  #ended: Promise<void> = Promise.resolve();
  #state: RuntimeState = { state: "starting", detail: "" };

  constructor(options: RuntimeSupervisorOptions) {
    this.#options = options;
  }

  get state(): RuntimeState {
    return this.#state;
  }

  /** Resolves at once; the thread is started again whenever it ends, until it is stopped. */
  start(): void {
    const { settings } = this.#options;
    if (!existsSync(settings.sensor)) {
      this.#become({ state: "off", detail: `there is no native sensor at ${settings.sensor}` });
      return;
    }
    this.#ended = this.#keepAlive();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    const worker = this.#worker;
    if (worker !== undefined) {
      worker.postMessage({ kind: "stop" } satisfies RuntimeOrder);
      const timer = setTimeout(() => {
        this.#options.log.warn({}, "the watch over running containers did not end, and is broken off");
        void worker.terminate();
      }, STOP_DEADLINE_MS);
      await this.#ended;
      clearTimeout(timer);
    }
    await this.#ended;
  }

  async #keepAlive(): Promise<void> {
    const { sleep, random } = this.#options;
    const { signal } = this.#stopping;
    const backoff = new Backoff({ firstMs: FIRST_BACKOFF_MS, maxMs: MAX_BACKOFF_MS, random });
    while (!signal.aborted) {
      const begunMs = performance.now();
      await this.#run();
      if (signal.aborted) return;
      await sleep(backoff.endedAfter(performance.now() - begunMs), signal).catch(() => undefined);
    }
  }

  #run(): Promise<void> {
    const { settings, log } = this.#options;
    const { promise, resolve } = Promise.withResolvers<void>();
    const worker = new Worker(PROGRAM, { workerData: settings, resourceLimits: LIMITS });
    this.#worker = worker;
    worker.on("message", (message: RuntimeMessage) => this.#hear(message));
    worker.on("error", (error) => {
      log.warn({ error: error.message }, "the watch over running containers has failed");
      this.#become({ state: "failed", detail: error.message });
    });
    worker.on("exit", () => {
      this.#worker = undefined;
      resolve();
    });
    return promise;
  }

  #hear(message: RuntimeMessage): void {
    const { log, onReport } = this.#options;
    switch (message.kind) {
      case "log":
        log[message.level](message.fields, message.message);
        break;
      case "state":
        this.#become(message.state);
        break;
      case "report":
        onReport(message.report);
        break;
    }
  }

  #become(state: RuntimeState): void {
    if (state.state === this.#state.state && state.detail === this.#state.detail) return;
    this.#state = state;
    this.#options.onState(state);
  }
}
