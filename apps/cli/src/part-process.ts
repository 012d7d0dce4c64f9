import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

const FIRST_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 5000;
/** A part that ran for so long starts again at once. */
const STABLE_MS = 10_000;
const STOP_DEADLINE_MS = 20_000;

export interface PartOptions {
  /** `server`, `agent`. */
  readonly name: string;
  readonly module: string;
  /** For Node itself. */
  readonly nodeFlags?: readonly string[];
  /** Beside what we have in ours. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly args: readonly string[];
  readonly onExit: (reason: string) => void;
  readonly elapsedMs: () => number;
}

/**
 * One part of `pratique up` in its own process, brought back when it dies. It ends by itself when we do: its
 * standard input is a pipe from us.
 */
export class PartProcess {
  readonly #options: PartOptions;
  #child: ChildProcess | undefined;
  #stopping = false;
  #startedAt = 0;
  #backoffMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: PartOptions) {
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  start(): void {
    const { module, nodeFlags = [], environment, args, elapsedMs } = this.#options;
    this.#startedAt = elapsedMs();
    // A group of its own: Ctrl-C is for us, and we end the parts in the right order.
    const child = spawn(process.execPath, [...nodeFlags, module, ...args, "--with-parent"], {
      stdio: ["pipe", "ignore", "inherit"],
      detached: true,
      ...(environment !== undefined && { env: { ...process.env, ...environment } }),
    });
    child.once("error", ({ message }) => this.#ended(message));
    child.once("exit", (code, signal) => this.#ended(signal ?? `exit code ${code}`));
    child.stdin?.on("error", () => undefined);
    this.#child = child;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#timer);
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGTERM");
    const deadline = setTimeout(() => child.kill("SIGKILL"), STOP_DEADLINE_MS);
    await exited;
    clearTimeout(deadline);
  }

  #ended(reason: string): void {
    this.#child = undefined;
    if (this.#stopping) return;
    this.#options.onExit(reason);
    const stable = this.#options.elapsedMs() - this.#startedAt > STABLE_MS;
    this.#backoffMs = stable ? 0 : Math.min(Math.max(this.#backoffMs * 2, FIRST_BACKOFF_MS), MAX_BACKOFF_MS);
    this.#timer = setTimeout(() => this.start(), this.#backoffMs);
  }
}
