import { type ChildProcess, fork } from "node:child_process";
import { readFileSync } from "node:fs";
import { setPriority } from "node:os";
import { KiB, MiB, messageOf } from "@pratique/core";
import type { LayerDesk } from "./layer-desk.ts";
import { type RegistryAnswer, type RegistryTask, registryAnswer } from "./registry-task.ts";

/** How the process that reads images is started. */
export interface ScannerProgram {
  readonly module: string;
  readonly args: readonly string[];
  /** What its heap may take, in MiB; with all that lies beside it, it may take twice as much. 1 024 where absent. */
  readonly memoryMiB?: number;
  /** All that it is told of its environment; that of whoever starts it where absent. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** A task without its number, which is given here. */
type Unnumbered<Task> = Task extends unknown ? Omit<Task, "id"> : never;
export type ScannerTask = Unnumbered<Extract<RegistryTask, { readonly kind: "list" | "scan" }>>;

/** How a task ended. */
export type ScannerEnd = Extract<RegistryAnswer, { readonly kind: "list-ended" | "scanned" | "failed" }>;
type Listed = Extract<RegistryAnswer, { readonly kind: "listed" }>["images"];

interface RunOptions {
  readonly signal: AbortSignal;
  readonly deadlineMs: number;
  /** Notes what was listed; until it resolves, no more comes. */
  readonly onListed: (images: Listed) => Promise<void>;
  /** Who brings what others have read of layers; nobody where absent. */
  readonly layers?: LayerDesk | undefined;
}

/** The code of a task over which its process died. */
export const WORKER_DIED = "WORKER_DIED";
const DEFAULT_MEMORY_MIB = 1024;
const MEMORY_CHECK_MS = 1000;
const SCANNER_NICENESS = 10;
/** It reads what strangers wrote: after so many tasks another process takes its place. */
const MAX_TASKS = 200;
/** Idle, it gives its memory back. */
const IDLE_MS = 60_000;

/**
 * A process that lists registries and scans their images, and may be killed at any moment: it reads what strangers
 * wrote. One task at a time.
 */
export class ScannerProcess {
  readonly #program: ScannerProgram;
  #child: ChildProcess | undefined;
  #tasks = 0;
  #nextId = 1;
  #idle: NodeJS.Timeout | undefined;

  constructor(program: ScannerProgram) {
    this.#program = program;
  }

  /** Does a task. Rejects with the signal's reason; that the process died or took too long is an outcome. */
  async run(task: ScannerTask, { signal, deadlineMs, onListed, layers }: RunOptions): Promise<ScannerEnd> {
    signal.throwIfAborted();
    clearTimeout(this.#idle);
    const id = this.#nextId++;
    const child = this.#childFor();
    const { promise, resolve, reject } = Promise.withResolvers<ScannerEnd>();
    let because = "it ended by itself";
    const end = (why: string) => {
      because = why;
      this.close();
    };
    const deadline = setTimeout(() => end("it took too long"), deadlineMs);
    const memory = setInterval(() => {
      if (takesTooMuch(child.pid, this.#maxBytes)) end("it took too much memory");
    }, MEMORY_CHECK_MS);
    const onAbort = () => end("it was told to end");
    const onExit = () => resolve(died(id, because));
    // One that could not be started never exits.
    const onError = (error: Error) => {
      end(messageOf(error));
      onExit();
    };
    const onMessage = (message: unknown) => {
      const answer = registryAnswer.safeParse(message).data;
      if (answer === undefined) return end("it answered in no form that is known");
      if (answer.id !== id) return;
      switch (answer.kind) {
        case "listed":
          onListed(answer.images).then(() => send(child, { id, kind: "go-on" }), reject);
          break;
        case "hold-layer": {
          const { diffId, name } = answer;
          const held = layers?.hold({ diffId, name }) ?? Promise.resolve();
          void held.then(() => send(child, { id, kind: "layer", name }));
          break;
        }
        case "free-layer":
          layers?.free(answer.name, answer.made);
          break;
        case "list-ended":
        case "scanned":
        case "failed":
          resolve(answer);
      }
    };
    child.on("exit", onExit).on("error", onError).on("message", onMessage);
    signal.addEventListener("abort", onAbort, { once: true });
    child.send({ ...task, id } satisfies RegistryTask, (error) => {
      if (error !== null) end(messageOf(error));
    });
    try {
      const answer = await promise;
      signal.throwIfAborted();
      return answer;
    } catch (thrown) {
      // It may still be at it.
      this.close();
      throw thrown;
    } finally {
      clearTimeout(deadline);
      clearInterval(memory);
      signal.removeEventListener("abort", onAbort);
      child.off("exit", onExit).off("error", onError).off("message", onMessage);
      this.#idle = setTimeout(() => this.close(), IDLE_MS);
      this.#idle.unref();
    }
  }

  /** Ends the process at once, and with it what it is at. */
  close(): void {
    clearTimeout(this.#idle);
    this.#child?.kill("SIGKILL");
    this.#child = undefined;
  }

  get #maxBytes(): number {
    return 2 * (this.#program.memoryMiB ?? DEFAULT_MEMORY_MIB) * MiB;
  }

  #childFor(): ChildProcess {
    this.#tasks += 1;
    if (this.#tasks > MAX_TASKS) {
      this.close();
      this.#tasks = 1;
    }
    const current = this.#child;
    if (current?.connected === true && current.exitCode === null && current.signalCode === null)
      return current;
    const { module, args, memoryMiB = DEFAULT_MEMORY_MIB, environment } = this.#program;
    const child = fork(module, args, {
      ...(environment !== undefined && { env: { ...environment } }),
      stdio: ["ignore", "ignore", "inherit", "ipc"],
      execArgv: [`--max-old-space-size=${memoryMiB}`],
    });
    stepBack(child.pid);
    // Without a listener a failed start would end the server.
    child.on("error", () => child.kill("SIGKILL"));
    this.#child = child;
    return child;
  }
}

/** Tells it something while it is at a task. That it has ended meanwhile is noticed elsewhere. */
function send(child: ChildProcess, message: RegistryTask): void {
  if (child.connected) child.send(message, () => undefined);
}

/** It has time, and those who look at the console have not. */
function stepBack(pid: number | undefined): void {
  try {
    if (pid !== undefined) setPriority(pid, SCANNER_NICENESS);
  } catch {
    // It works as well without.
  }
}

function died(id: number, because: string): ScannerEnd {
  return {
    id,
    kind: "failed",
    fault: {
      code: WORKER_DIED,
      message: `the process that reads images ended: ${because}`,
      advice: "distrust the image, or give workers more memory: registries.scanMemoryMiB",
    },
    retry: { kind: "soon" },
    absent: false,
    unreached: false,
  };
}

/** What a process holds in memory, as Linux tells it; elsewhere its heap alone is bounded. */
function takesTooMuch(pid: number | undefined, maxBytes: number): boolean {
  if (pid === undefined) return false;
  try {
    // proc_pid_status(5). Not in statm, which counts in pages: they are of 4, 16 or 64 KiB.
    const resident = /^VmRSS:\s+(?<kibibytes>\d+) kB$/mu.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return Number(resident?.groups?.kibibytes ?? 0) * KiB > maxBytes;
  } catch {
    // It has ended, or this is no Linux.
    return false;
  }
}
