import { type ChildProcess, fork } from "node:child_process";
import { readFileSync } from "node:fs";
import { setPriority } from "node:os";
import { KiB, MiB, messageOf } from "@pratique/core";

/** How the process is started. */
export interface WorkerProgram {
  /** A module that takes tasks by `process.on("message")`, answers by `process.send`, and ends when it is disconnected. */
  readonly module: string;
  readonly args: readonly string[];
  /** What its heap may take, in MiB; with all that lies beside it, it may take twice as much. Unbounded where absent. */
  readonly memoryMiB?: number;
  /** All that it is told of its environment; that of whoever starts it where absent. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** By how much it stands back behind other processes, up to 19; not at all where absent. */
  readonly niceness?: number;
}

/** A task, what is said to the process while it is at one, and what it answers have the task's number. */
interface Numbered {
  readonly id: number;
}

/** A message without its number, which is given here. */
export type Unnumbered<Message> = Message extends unknown ? Omit<Message, "id"> : never;

/** How a task ended: with a result, or with the process, for the reason in words. */
export type WorkerEnd<Result> =
  | { readonly kind: "done"; readonly result: Result }
  | { readonly kind: "ended"; readonly reason: string };

export interface WorkerOptions<Answer extends Numbered> {
  readonly program: WorkerProgram;
  /**
   * Checks what the process says as what comes from outside is: it may be a stranger's by now. Undefined is no answer
   * that is known, and ends the process.
   */
  readonly parseAnswer: (message: unknown) => Answer | undefined;
  /** How long a process without a task is kept: a minute. It then gives its memory back. */
  readonly idleMs?: number;
}

export interface TaskOptions<Message extends Numbered, Answer extends Numbered, Result> {
  readonly deadlineMs: number;
  /** Ends the task, and the process with it. */
  readonly signal?: AbortSignal;
  /**
   * Takes an answer about the task: resolves with the result where that is the last one, and with undefined where more
   * is to come. `reply` says something to the process. Where it throws or rejects, the process is ended.
   */
  readonly onAnswer: (
    answer: Answer,
    reply: (message: Unnumbered<Message>) => void,
  ) => Promise<Result | undefined> | Result | undefined;
}

const MEMORY_CHECK_MS = 1000;
const IDLE_MS = 60_000;
/** An idle process that was told to end and has not ended by then is killed. */
const STOP_DEADLINE_MS = 5000;
/** It reads what strangers wrote: after so many tasks another process takes its place. */
const MAX_TASKS = 200;

/**
 * A process that does what may hang, grow or fall into a stranger's hands, such as reading an image: one task at a
 * time, each with a deadline. It is started with its first task, and may be killed at any moment; the next task then
 * has a new one.
 */
export class WorkerProcess<Message extends Numbered, Answer extends Numbered> {
  readonly #options: WorkerOptions<Answer>;
  #child: ChildProcess | undefined;
  #tasks = 0;
  #nextId = 1;
  #idle: NodeJS.Timeout | undefined;

  constructor(options: WorkerOptions<Answer>) {
    this.#options = options;
  }

  /**
   * Does a task, once the one before has ended. That the process died, grew, took too long or could not be started is
   * an outcome. Rejects with the signal's reason, and with what `onAnswer` rejects with.
   */
  async run<Result>(
    task: Unnumbered<Message>,
    { deadlineMs, signal, onAnswer }: TaskOptions<Message, Answer, Result>,
  ): Promise<WorkerEnd<Result>> {
    signal?.throwIfAborted();
    clearTimeout(this.#idle);
    const id = this.#nextId++;
    const { promise, resolve, reject } = Promise.withResolvers<WorkerEnd<Result>>();
    let child: ChildProcess;
    try {
      child = this.#childFor();
    } catch (thrown) {
      return { kind: "ended", reason: messageOf(thrown) };
    }
    let reason = "it ended by itself";
    const end = (why: string) => {
      reason = why;
      child.kill("SIGKILL");
    };
    const deadline = setTimeout(() => end("it took too long"), deadlineMs);
    const memory = setInterval(() => {
      if (takesTooMuch(child.pid, this.#options.program)) end("it took too much memory");
    }, MEMORY_CHECK_MS);
    const onAbort = () => end("it was told to end");
    const onExit = () => resolve({ kind: "ended", reason });
    // One that could not be started never exits.
    const onError = (error: Error) => {
      end(messageOf(error));
      onExit();
    };
    const reply = (message: Unnumbered<Message>) => send(child, { ...message, id });
    const takeAnswer = async (answer: Answer) => {
      const result = await onAnswer(answer, reply);
      if (result !== undefined) resolve({ kind: "done", result });
    };
    const onMessage = (message: unknown) => {
      const answer = this.#options.parseAnswer(message);
      if (answer === undefined) end("it answered in no form that is known");
      // Whatever else it says is about a task that has ended.
      else if (answer.id === id) takeAnswer(answer).catch(reject);
    };
    child.on("exit", onExit).on("error", onError).on("message", onMessage);
    signal?.addEventListener("abort", onAbort, { once: true });
    send(child, { ...task, id }, onError);
    try {
      const outcome = await promise;
      signal?.throwIfAborted();
      return outcome;
    } catch (thrown) {
      // It may still be at it.
      child.kill("SIGKILL");
      throw thrown;
    } finally {
      clearTimeout(deadline);
      clearInterval(memory);
      signal?.removeEventListener("abort", onAbort);
      child.off("exit", onExit).off("error", onError).off("message", onMessage);
      this.#idle = setTimeout(() => this.#stop(), this.#options.idleMs ?? IDLE_MS);
      this.#idle.unref();
    }
  }

  /** Ends the process at once, and with it what it is at. */
  close(): void {
    clearTimeout(this.#idle);
    this.#child?.kill("SIGKILL");
    this.#child = undefined;
  }

  /** Lets a process without a task end in its own way, if it does so soon. */
  #stop(): void {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined) return;
    child.kill("SIGTERM");
    const kill = setTimeout(() => child.kill("SIGKILL"), STOP_DEADLINE_MS);
    kill.unref();
    child.once("exit", () => clearTimeout(kill));
  }

  #childFor(): ChildProcess {
    this.#tasks += 1;
    if (this.#tasks > MAX_TASKS) {
      this.close();
      this.#tasks = 1;
    }
    if (this.#child !== undefined && isUsable(this.#child)) return this.#child;
    this.#child = start(this.#options.program);
    return this.#child;
  }
}

/** Not one that could not be started, or was killed and may not have ended yet. */
function isUsable({ pid, connected, killed, exitCode, signalCode }: ChildProcess): boolean {
  return pid !== undefined && connected && !killed && exitCode === null && signalCode === null;
}

function start({ module, args, memoryMiB, environment, niceness }: WorkerProgram): ChildProcess {
  const child = fork(module, args, {
    ...(environment !== undefined && { env: { ...environment } }),
    ...(memoryMiB !== undefined && { execArgv: [`--max-old-space-size=${memoryMiB}`] }),
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  // Without a listener a failed start would end whoever starts it.
  child.on("error", () => child.kill("SIGKILL"));
  if (niceness !== undefined) stepBack(child.pid, niceness);
  return child;
}

/** Tells it something. That it has ended meanwhile is noticed elsewhere. */
function send(child: ChildProcess, message: object, onError: (error: Error) => void = () => undefined): void {
  if (!child.connected) return;
  child.send(message, (error) => {
    if (error !== null) onError(error);
  });
}

function stepBack(pid: number | undefined, niceness: number): void {
  try {
    if (pid !== undefined) setPriority(pid, niceness);
  } catch {
    // It works as well without.
  }
}

/** Looks at what a process holds in memory, as Linux tells it; elsewhere its heap alone is bounded. */
function takesTooMuch(pid: number | undefined, { memoryMiB }: WorkerProgram): boolean {
  if (pid === undefined || memoryMiB === undefined) return false;
  try {
    // proc_pid_status(5). Not in statm, which counts in pages: they are of 4, 16 or 64 KiB.
    const resident = /^VmRSS:\s+(?<kibibytes>\d+) kB$/mu.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return Number(resident?.groups?.kibibytes ?? 0) * KiB > 2 * memoryMiB * MiB;
  } catch {
    // It has ended, or this is no Linux.
    return false;
  }
}
