import { type ContainerReport, MAX_AGENT_BODY_BYTES, MAX_CONTAINERS } from "@pratique/api";
import { hasCode, messageOf } from "@pratique/core";
import type { Engine, EngineContainerSummary, EngineEvent } from "@pratique/engine";
import { fitWithin } from "../fit-within.ts";
import { briefReportOf, containerReportOf, cutContainerReport, summaryStamp } from "./container-report.ts";

const RECONNECT_MS = 2000;
/** What happens within this time is reported together. */
const DEBOUNCE_MS = 300;
/** Whole, also where nothing seemed to happen: an event may have been missed. */
const WHOLE_EVERY_MS = 60_000;
const INSPECT_AT_ONCE = 8;
/** Of all containers together. */
const MAX_REPORT_BYTES = MAX_AGENT_BODY_BYTES / 2;
/** Events after which a container is another, or has gone. Health checks and commands inside are none. */
const CHANGES: readonly string[] = [
  "create",
  "start",
  "restart",
  "die",
  "stop",
  "kill",
  "pause",
  "unpause",
  "rename",
  "update",
  "destroy",
];

export interface ContainerWatchOptions {
  readonly engine: Engine;
  readonly signal: AbortSignal;
  readonly now: () => Date;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Sends all of them; rejects where the server cannot be reached, and then they are sent again. */
  readonly send: (takenAt: string, containers: readonly ContainerReport[]) => Promise<void>;
  /** They could not be sent. It is tried again, and told again when it is for another reason. */
  readonly onError: (error: unknown) => void;
}

interface Seen {
  readonly stamp: string;
  readonly report: ContainerReport;
}

/** Reports the containers of an engine for as long as the signal allows: after each change, and at least each minute. */
export async function watchContainers(options: ContainerWatchOptions): Promise<void> {
  const reporter = new ContainerReporter(options);
  await Promise.all([reporter.follow(), reporter.report()]);
}

class ContainerReporter {
  readonly #options: ContainerWatchOptions;
  readonly #seen = new Map<string, Seen>();
  /** Ids of which something was heard since they were looked at. */
  readonly #touched = new Set<string>();
  #wake: (() => void) | undefined;
  #due = true;

  constructor(options: ContainerWatchOptions) {
    this.#options = options;
  }

  async follow(): Promise<void> {
    const { engine, signal, sleep, now } = this.#options;
    while (!signal.aborted) {
      try {
        const sinceMs = now().getTime();
        const events = engine.events({ signal, sinceMs, filters: { type: ["container"] } });
        this.#nowDue();
        for await (const event of events) this.#heard(event);
      } catch {
        // The engine is down, which is told elsewhere. When it is back, all are reported.
      }
      await sleep(RECONNECT_MS, signal).catch(() => undefined);
    }
  }

  async report(): Promise<void> {
    const { signal, sleep, onError } = this.#options;
    let told = "";
    while (!signal.aborted) {
      if (!this.#due) await this.#untilDue();
      if (signal.aborted) return;
      await sleep(DEBOUNCE_MS, signal).catch(() => undefined);
      this.#due = false;
      try {
        await this.#sendAll();
        told = "";
      } catch (thrown) {
        if (signal.aborted) return;
        this.#due = true;
        if (messageOf(thrown) !== told) onError(thrown);
        told = messageOf(thrown);
        await sleep(RECONNECT_MS, signal).catch(() => undefined);
      }
    }
  }

  #heard({ action, actorId }: EngineEvent): void {
    if (!CHANGES.includes(action)) return;
    this.#touched.add(actorId);
    this.#nowDue();
  }

  #nowDue(): void {
    this.#due = true;
    this.#wake?.();
  }

  async #untilDue(): Promise<void> {
    const { signal, sleep } = this.#options;
    const { promise, resolve } = Promise.withResolvers<void>();
    const woken = new AbortController();
    this.#wake = resolve;
    await Promise.race([
      promise,
      sleep(WHOLE_EVERY_MS, AbortSignal.any([signal, woken.signal])).catch(() => undefined),
    ]);
    woken.abort();
    this.#wake = undefined;
  }

  async #sendAll(): Promise<void> {
    const { engine, signal, send, now } = this.#options;
    const takenAt = now().toISOString();
    const all = await engine.listContainers({ all: true, signal });
    // Whoever makes thousands that never run keeps none that runs from being told.
    const running = all.filter(({ state }) => state === "running");
    const others = all.filter(({ state }) => state !== "running");
    const listed = [...running, ...others].slice(0, MAX_CONTAINERS);
    await this.#look(listed, takenAt);
    const ids = new Set(listed.map(({ id }) => id));
    for (const id of this.#seen.keys()) if (!ids.has(id)) this.#seen.delete(id);
    const reports = listed
      .map(({ id }) => this.#seen.get(id)?.report)
      .filter((report) => report !== undefined);
    await send(takenAt, fitWithin(reports, MAX_REPORT_BYTES, cutContainerReport));
  }

  async #look(listed: readonly EngineContainerSummary[], takenAt: string): Promise<void> {
    const waiting = listed.filter((each) => this.#isNew(each));
    const touched = [...this.#touched];
    // What is heard of from now on is looked at next time.
    this.#touched.clear();
    try {
      await Promise.all(
        Array.from({ length: INSPECT_AT_ONCE }, async () => {
          for (let next = waiting.pop(); next !== undefined; next = waiting.pop())
            await this.#inspect(next, takenAt);
        }),
      );
    } catch (thrown) {
      for (const id of touched) this.#touched.add(id);
      throw thrown;
    }
  }

  #isNew(summary: EngineContainerSummary): boolean {
    return this.#touched.has(summary.id) || this.#seen.get(summary.id)?.stamp !== summaryStamp(summary);
  }

  async #inspect(summary: EngineContainerSummary, takenAt: string): Promise<void> {
    const { engine, signal } = this.#options;
    const stamp = summaryStamp(summary);
    try {
      const container = await engine.inspectContainer(summary.id, { signal });
      this.#seen.set(summary.id, {
        stamp,
        report: containerReportOf(container, summary.created ?? takenAt),
      });
    } catch (thrown) {
      // It has gone since it was listed; whatever else it is, the next look tells.
      this.#seen.delete(summary.id);
      if (hasCode(thrown, "CONTAINER_NOT_FOUND")) return;
      if (!hasCode(thrown, "ENGINE_MALFORMED")) throw thrown;
      // What the engine says of it is too much, or nothing that is understood: the others are told all the same.
      this.#seen.set(summary.id, { stamp, report: briefReportOf(summary, takenAt) });
    }
  }
}
