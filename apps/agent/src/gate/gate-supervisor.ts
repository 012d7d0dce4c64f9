import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, statSync } from "node:fs";
import { connect, type Socket } from "node:net";
import path from "node:path";
import { createInterface } from "node:readline";
import { KiB } from "@pratique/core";
import { z } from "zod";
import { AgentError } from "../errors.ts";
import { keepLogSmall } from "../keep-log-small.ts";
import { isAlive, signalProcess } from "../process-signals.ts";

const CONNECT_RETRY_MS = 20;
/** A gate that does not listen by then will not come; one that ends before is noticed at once. Slow hosts take seconds. */
const START_DEADLINE_MS = 20_000;
/** While a gate starts, an older one that hangs may still hold the control socket: it is not waited for. */
const START_PING_MS = 2000;
const PING_EVERY_MS = 1000;
/**
 * A gate that is silent for so long hangs, and holds up the engine: it is killed. Longer than the audit log waits
 * for a busy disk, during which a gate that is well cannot answer.
 */
const SILENCE_MS = 8000;
/** A gate that was asked to end and has not ended by then is killed. */
const STOP_DEADLINE_MS = 3000;
/** So many deaths in {@link CRASH_WINDOW_MS} are a crash loop, and so are starts of which none succeeds for a while. */
const CRASH_LOOP = 5;
const CRASH_WINDOW_MS = 10_000;
const CRASH_BACKOFF_MS = 1000;
/** Starts that are waited for to their deadline, after a gate that was there, and have not brought one for so long. */
const GONE_MS = 30_000;

/** The control connection was closed: a death, unless the same gate can be reached at once. */
const CLOSED = "it ended";

const PING = '{"command":"status"}\n';
/** A gate names itself by its process id, and by a counter after it where it has opened its doors anew. */
const statusReply = z.object({
  instance: z.string().regex(/^\d+(?:-\d+)?$/u),
  /** Whether the engine still finds this gate where it looks for one. */
  listening: z.boolean().default(true),
});

export interface GateSupervisorOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly controlSocket: string;
  readonly logFile: string;
  readonly elapsedMs: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly onEvent: (event: GateEvent) => void;
  /** How often the gate is asked for its status: 1000 ms. */
  readonly pingEveryMs?: number;
  /** After how much silence the gate is taken to hang: 8000 ms. */
  readonly silenceMs?: number;
  /** By when a gate that starts has to answer: 20,000 ms. */
  readonly startDeadlineMs?: number;
  /** How long there may be none, while each in turn is waited for, before that is a crash loop: 30,000 ms. */
  readonly goneMs?: number;
}

/** What happened to the gate. */
export type GateEvent =
  | { readonly kind: "adopted"; readonly pid: number }
  | { readonly kind: "started"; readonly pid: number; readonly afterMs: number }
  | { readonly kind: "died"; readonly reason: string }
  | { readonly kind: "crash-loop"; readonly deaths: number };

/**
 * Keeps one gate alive. The gate is a process of its own, not bound to ours: it outlives us, and the next
 * supervisor adopts it. A closed control connection is a death, and is answered by a new gate at once.
 */
export class GateSupervisor {
  readonly #options: GateSupervisorOptions;
  readonly #stopping = new AbortController();
  readonly #deaths: number[] = [];
  #socket: Socket | undefined;
  #pid: number | undefined;
  #restarts = 0;
  /** Since when there has been no gate; undefined while there is one. */
  #goneSince: number | undefined;
  #done: Promise<void> = Promise.resolve();

  constructor(options: GateSupervisorOptions) {
    this.#options = options;
  }

  /** Deaths that were answered by a new gate. */
  get restarts(): number {
    return this.#restarts;
  }

  /** The gate's process, or undefined while there is none. */
  get pid(): number | undefined {
    return this.#pid;
  }

  /** Resolves when the gate answers for the first time. */
  async start(): Promise<void> {
    const first = this.#adoptOrStart();
    this.#done = first.then(
      (socket) => this.#watch(socket),
      () => undefined,
    );
    await first;
  }

  /** Makes the gate read its state again. */
  reload(): void {
    this.#socket?.write('{"command":"reload"}\n');
  }

  /** Ends the gate for good. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const pid = this.#pid;
    if (pid !== undefined) signalProcess(pid, "SIGTERM");
    this.#socket?.destroy();
    await this.#done;
    if (pid !== undefined) await this.#untilGone(pid);
  }

  async #untilGone(pid: number): Promise<void> {
    const deadline = AbortSignal.timeout(STOP_DEADLINE_MS);
    while (isAlive(pid) && !deadline.aborted) {
      await this.#options.sleep(CONNECT_RETRY_MS, deadline).catch(() => undefined);
    }
    if (isAlive(pid)) signalProcess(pid, "SIGKILL");
  }

  async #watch(first: Socket): Promise<void> {
    let socket = first;
    while (!this.#stopping.signal.aborted) {
      const reason = await this.#untilDead(socket);
      const pid = this.#pid;
      if (this.#stopping.signal.aborted) {
        this.#pid = undefined;
        return;
      }
      const same = reason === CLOSED && pid !== undefined ? await this.#reconnect(pid) : undefined;
      if (same !== undefined) {
        socket = same;
        continue;
      }
      this.#pid = undefined;
      // One that hangs still holds the engine's connections.
      if (pid !== undefined) signalProcess(pid, "SIGKILL");
      this.#options.onEvent({ kind: "died", reason });
      await this.#noteDeath();
      const next = await this.#restart();
      if (next === undefined) return;
      socket = next;
    }
  }

  /** A gate that opened its doors anew closed those that we came in by, and lives. */
  async #reconnect(pid: number): Promise<Socket | undefined> {
    const socket = await tryConnect(this.#options.controlSocket);
    if (socket === undefined) return undefined;
    if ((await ping(socket, START_PING_MS)) === pid && !this.#stopping.signal.aborted) {
      this.#hold(socket, pid);
      return socket;
    }
    socket.destroy();
    return undefined;
  }

  async #restart(): Promise<Socket | undefined> {
    while (!this.#stopping.signal.aborted) {
      try {
        const socket = await this.#spawn();
        this.#restarts += 1;
        return socket;
      } catch (thrown) {
        if (this.#stopping.signal.aborted) return undefined;
        this.#options.onEvent({
          kind: "died",
          reason: thrown instanceof Error ? thrown.message : String(thrown),
        });
        await this.#noteDeath();
      }
    }
    return undefined;
  }

  async #noteDeath(): Promise<void> {
    const now = this.#options.elapsedMs();
    this.#goneSince ??= now;
    this.#deaths.push(now);
    while ((this.#deaths[0] ?? now) < now - CRASH_WINDOW_MS) this.#deaths.shift();
    const isLongGone = now - this.#goneSince >= (this.#options.goneMs ?? GONE_MS);
    if (this.#deaths.length < CRASH_LOOP && !isLongGone) return;
    this.#options.onEvent({ kind: "crash-loop", deaths: this.#deaths.length });
    await this.#options.sleep(CRASH_BACKOFF_MS, this.#stopping.signal).catch(() => undefined);
  }

  async #adoptOrStart(): Promise<Socket> {
    const socket = await tryConnect(this.#options.controlSocket);
    if (socket === undefined) return this.#spawn();
    const pid = await ping(socket, this.#options.silenceMs ?? SILENCE_MS);
    if (pid === undefined || this.#stopping.signal.aborted) {
      socket.destroy();
      this.#stopping.signal.throwIfAborted();
      return this.#spawn();
    }
    this.#hold(socket, pid);
    this.#options.onEvent({ kind: "adopted", pid });
    return socket;
  }

  async #spawn(): Promise<Socket> {
    const { command, args, controlSocket, logFile, elapsedMs, sleep } = this.#options;
    const { startDeadlineMs = START_DEADLINE_MS } = this.#options;
    const started = elapsedMs();
    mkdirSync(path.dirname(logFile), { recursive: true, mode: 0o700 });
    keepLogSmall(logFile);
    const before = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
    const log = openSync(logFile, "a", 0o600);
    const child = spawn(command, args, { stdio: ["ignore", log, log], detached: true });
    closeSync(log);
    child.unref();
    let exited = "";
    child.once("error", ({ message }) => {
      exited = message;
    });
    child.once("exit", (code, signal) => {
      exited = `it ended with ${signal ?? code}`;
    });
    try {
      while (elapsedMs() - started < startDeadlineMs && exited === "") {
        const socket = await tryConnect(controlSocket);
        const pid = socket === undefined ? undefined : await ping(socket, START_PING_MS);
        if (
          socket !== undefined &&
          pid === child.pid &&
          pid !== undefined &&
          !this.#stopping.signal.aborted
        ) {
          this.#hold(socket, pid);
          this.#options.onEvent({ kind: "started", pid, afterMs: elapsedMs() - started });
          return socket;
        }
        socket?.destroy();
        await sleep(CONNECT_RETRY_MS, this.#stopping.signal);
      }
    } finally {
      // Also when we are stopped meanwhile: nobody else knows of this gate yet.
      if (child.pid !== undefined && this.#pid !== child.pid) signalProcess(child.pid, "SIGKILL");
    }
    const why = exited === "" ? `it does not listen after ${startDeadlineMs} ms` : exited;
    throw new AgentError(
      "GATE_START_FAILED",
      `the gate does not start: ${lastWords(logFile, before) ?? why}`,
    );
  }

  #hold(socket: Socket, pid: number): void {
    this.#socket = socket;
    this.#pid = pid;
    this.#goneSince = undefined;
  }

  /** Pings until the connection ends, or what is heard or not heard amounts to a death; says which. */
  #untilDead(socket: Socket): Promise<string> {
    const { pingEveryMs = PING_EVERY_MS, silenceMs = SILENCE_MS } = this.#options;
    const { signal } = this.#stopping;
    const { promise, resolve } = Promise.withResolvers<string>();
    const lines = createInterface({ input: socket });
    const finish = (reason: string) => {
      clearInterval(timer);
      signal.removeEventListener("abort", stopped);
      socket.destroy();
      resolve(reason);
    };
    const stopped = () => finish("stopped");
    // Counted in pings, not by the clock: time in which we did not run ourselves is not the gate's silence.
    let unanswered = 0;
    const timer = setInterval(() => {
      if (unanswered * pingEveryMs >= silenceMs) return finish("it hangs");
      unanswered += 1;
      socket.write(PING);
    }, pingEveryMs);
    socket.on("data", () => {
      unanswered = 0;
    });
    lines.on("line", (line) => {
      if (statusIn(line)?.listening === false) finish("its plugin socket was taken away");
    });
    lines.on("error", () => finish("the connection broke"));
    socket.on("error", () => finish("the connection broke"));
    socket.on("close", () => finish(CLOSED));
    signal.addEventListener("abort", stopped, { once: true });
    if (socket.destroyed) finish(CLOSED);
    return promise;
  }
}

const MAX_LAST_WORDS = 16 * KiB;

/** The last line that was written behind a place of a log; undefined where there is none. */
function lastWords(logFile: string, from: number): string | undefined {
  const written = readFileSync(logFile).subarray(from).subarray(-MAX_LAST_WORDS).toString("utf8");
  const line = written.trim().split("\n").at(-1);
  return line === "" ? undefined : line?.replace(/^pratique: /u, "");
}

function tryConnect(controlSocket: string): Promise<Socket | undefined> {
  const { promise, resolve } = Promise.withResolvers<Socket | undefined>();
  const socket = connect(controlSocket);
  socket.once("connect", () => resolve(socket));
  socket.once("error", () => resolve(undefined));
  return promise;
}

async function ping(socket: Socket, deadlineMs: number): Promise<number | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const timer = setTimeout(() => resolve(undefined), deadlineMs);
  const lines = createInterface({ input: socket });
  lines.once("line", resolve);
  lines.on("error", () => resolve(undefined));
  socket.once("close", () => resolve(undefined));
  socket.write(PING);
  const line = await promise;
  clearTimeout(timer);
  lines.close();
  socket.resume();
  const instance = line === undefined ? undefined : statusIn(line)?.instance;
  return instance === undefined ? undefined : Number.parseInt(instance, 10);
}

/** The status in a line, or undefined where the line is something else. */
function statusIn(line: string): z.infer<typeof statusReply> | undefined {
  try {
    return statusReply.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
