import type { Digest, SoughtList } from "@pratique/core";
import { WorkerProcess } from "@pratique/worker";
import { AgentError } from "../errors.ts";
import { parseScanOutcome, type ScanJob, type ScanOutcome } from "./scan-job.ts";

/** A worker that has not answered by then is killed; the image stays unassessed until it is asked for again. */
const JOB_DEADLINE_MS = 300_000;
/** An image of hundreds of thousands of packages takes less; whatever takes more must not take the host's. */
const MEMORY_MIB = 1024;

interface Job {
  /** A launch waits for it. */
  urgent: boolean;
  /** Its worker was ended for a more urgent one; it is done anew afterwards. */
  interrupted: boolean;
  readonly imageId: Digest;
  readonly reference: string;
  /** What is looked for besides vulnerabilities: settled when the scan begins. */
  sought: ReadonlySet<SoughtList>;
  readonly done: PromiseWithResolvers<void>;
}

export interface ScanQueueOptions {
  /** The module that runs as the worker, and its arguments. */
  readonly module: string;
  readonly args: readonly string[];
  /** What is looked for besides vulnerabilities, in a scan that begins now. */
  readonly sought: () => ReadonlySet<SoughtList>;
  readonly onDone: (imageId: Digest, error: string | undefined) => void;
}

/**
 * Images that wait for their scan, one at a time, in a process that may be killed. A launch that waits goes to
 * the front, and ends a scan that nobody waits for. An image that is asked for twice is scanned once,
 * unless more is to be looked for since it began.
 */
export class ScanQueue {
  readonly #options: ScanQueueOptions;
  readonly #waiting: Job[] = [];
  readonly #worker: WorkerProcess<ScanJob, ScanOutcome>;
  #running: Job | undefined;
  #closed = false;

  constructor(options: ScanQueueOptions) {
    this.#options = options;
    const { module, args } = options;
    this.#worker = new WorkerProcess({
      program: { module, args, memoryMiB: MEMORY_MIB },
      parseAnswer: parseScanOutcome,
    });
  }

  /** Resolves when the image has been scanned; rejects with `SCAN_FAILED`. */
  scan(imageId: Digest, reference: string, { urgent = false } = {}): Promise<void> {
    if (this.#closed) return Promise.reject(stopping());
    if (this.#running?.imageId === imageId && this.#isEnough(this.#running)) {
      this.#running.urgent ||= urgent;
      return this.#running.done.promise;
    }
    const index = this.#waiting.findIndex((job) => job.imageId === imageId);
    const known = index < 0 ? undefined : this.#waiting[index];
    const job = known ?? {
      imageId,
      reference,
      sought: new Set<SoughtList>(),
      urgent,
      interrupted: false,
      done: Promise.withResolvers<void>(),
    };
    job.urgent ||= urgent;
    if (known === undefined || urgent) {
      if (known !== undefined) this.#waiting.splice(index, 1);
      if (urgent) this.#waiting.unshift(job);
      else this.#waiting.push(job);
    }
    if (urgent) this.#interruptRunning();
    void this.#next();
    return job.done.promise;
  }

  close(): void {
    this.#closed = true;
    this.#worker.close();
    for (const { done } of this.#waiting.splice(0)) {
      done.promise.catch(() => undefined);
      done.reject(stopping());
    }
  }

  /** A scan that began before somebody asked for secrets or licences gives no answer about them. */
  #isEnough({ sought }: Job): boolean {
    return this.#options.sought().isSubsetOf(sought);
  }

  async #next(): Promise<void> {
    if (this.#running !== undefined || this.#closed) return;
    const job = this.#waiting.shift();
    if (job === undefined) return;
    this.#running = job;
    job.sought = this.#options.sought();
    const error = await this.#run(job);
    this.#running = undefined;
    if (job.interrupted && error !== undefined && !this.#closed) {
      job.interrupted = false;
      this.#waiting.push(job);
      void this.#next();
      return;
    }
    this.#options.onDone(job.imageId, error);
    if (error === undefined) job.done.resolve();
    else {
      // Nobody may be waiting for this one; whoever is hears of it all the same.
      job.done.promise.catch(() => undefined);
      job.done.reject(new AgentError("SCAN_FAILED", error));
    }
    void this.#next();
  }

  #interruptRunning(): void {
    if (this.#running === undefined || this.#running.urgent) return;
    this.#running.interrupted = true;
    this.#worker.close();
  }

  async #run({ imageId, reference, sought }: Job): Promise<string | undefined> {
    const end = await this.#worker.run<ScanOutcome>(
      { imageId, reference, sought: [...sought] },
      { deadlineMs: JOB_DEADLINE_MS, onAnswer: (outcome) => outcome },
    );
    if (end.kind === "ended") return `the worker ended before the scan did: ${end.reason}`;
    return end.result.ok ? undefined : end.result.message;
  }
}

function stopping(): AgentError {
  return new AgentError("SCAN_FAILED", "the agent is stopping");
}
