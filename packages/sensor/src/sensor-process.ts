import { type ChildProcess, spawn } from "node:child_process";
import { messageOf } from "@pratique/core";
import { SensorError } from "./errors.ts";
import type { RecordSource, SourceListener } from "./record-source.ts";
import { type MessageBody, parseMessage, type ReplyMessage } from "./sensor-message.ts";
import { FrameReader } from "./wire/frame-reader.ts";

export interface SensorProcessOptions {
  /** The path of `pratique-sensor`. */
  readonly binary: string;
  readonly args?: readonly string[];
  /** What the native sensor logs, and what happens to it. */
  readonly log: SensorLog;
  readonly readyDeadlineMs?: number;
  readonly commandDeadlineMs?: number;
  /** The first wait before a new start; each further one takes twice as long. */
  readonly backoffMs?: number;
  readonly maxBackoffMs?: number;
  /** It has ended though nobody stopped it, by this signal or with this code: until another is ready nothing is seen. */
  readonly onLost?: (how: string) => void;
  /** After that another one is ready. */
  readonly onReplaced?: () => void;
}

export interface SensorLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface SensorProcessCounters {
  readonly running: boolean;
  readonly pid: number | undefined;
  readonly restarts: number;
  readonly frames: number;
  readonly bytes: number;
  /** Streams that were given up since something in them was malformed. */
  readonly malformed: number;
}

const DEFAULT_READY_DEADLINE_MS = 30_000;
const DEFAULT_COMMAND_DEADLINE_MS = 10_000;
const DEFAULT_BACKOFF_MS = 100;
const DEFAULT_MAX_BACKOFF_MS = 30_000;
/** One that ran for so long starts its waits from the beginning. */
const STEADY_MS = 60_000;
const STOP_DEADLINE_MS = 5000;
const MAX_LOG_LINE_CHARS = 4096;

interface Waiting {
  readonly resolve: (reply: ReplyMessage) => void;
  readonly reject: (error: SensorError) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * The native sensor as a process of its own, which is started again whenever it ends, for as long as nobody stops it.
 * A crash of native code costs what it had not told yet, and nothing else.
 */
export class SensorProcess implements RecordSource {
  readonly isLive = true;
  readonly #options: Required<SensorProcessOptions>;
  readonly #waiting = new Map<number, Waiting>();
  #listener: SourceListener | undefined;
  #child: ChildProcess | undefined;
  #exited: Promise<void> = Promise.resolve();
  #stopping = false;
  #restart: NodeJS.Timeout | undefined;
  #commandNumber = 0;
  #failures = 0;
  #startedAt = 0;
  #restarts = 0;
  #frames = 0;
  #bytes = 0;
  #malformed = 0;

  constructor(options: SensorProcessOptions) {
    this.#options = {
      args: [],
      readyDeadlineMs: DEFAULT_READY_DEADLINE_MS,
      commandDeadlineMs: DEFAULT_COMMAND_DEADLINE_MS,
      backoffMs: DEFAULT_BACKOFF_MS,
      maxBackoffMs: DEFAULT_MAX_BACKOFF_MS,
      onLost: () => undefined,
      onReplaced: () => undefined,
      ...options,
    };
  }

  /** Rejects with `SENSOR_UNAVAILABLE` where the first start fails; later ones are tried again and again. */
  async start(listener: SourceListener): Promise<void> {
    this.#listener = listener;
    this.#stopping = false;
    try {
      await this.#launch(listener);
    } catch (cause) {
      await this.stop();
      throw cause;
    }
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#restart);
    const child = this.#child;
    if (child === undefined) return;
    // The end of its standard input asks it to end; nothing that it pinned is lost by that.
    child.stdin?.end();
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_DEADLINE_MS);
    await this.#exited;
    clearTimeout(timer);
  }

  /**
   * Sends a command and gives the answer. Rejects with `COMMAND_REFUSED`, or with `COMMAND_UNANSWERED` where none
   * came in time or the process ended before.
   */
  async command(command: string, fields: MessageBody = {}): Promise<MessageBody> {
    const child = this.#child;
    if (child?.stdin?.writable !== true) {
      throw new SensorError("COMMAND_UNANSWERED", `the native sensor is not running: ${command}`);
    }
    this.#commandNumber += 1;
    const id = this.#commandNumber;
    const reply = this.#awaitReply(id, command);
    child.stdin.write(`${JSON.stringify({ id, command, ...fields })}\n`);
    const { ok, error, body } = await reply;
    if (!ok) throw new SensorError("COMMAND_REFUSED", `${command}: ${error}`);
    return body;
  }

  get counters(): SensorProcessCounters {
    return {
      running: this.#child !== undefined,
      pid: this.#child?.pid,
      restarts: this.#restarts,
      frames: this.#frames,
      bytes: this.#bytes,
      malformed: this.#malformed,
    };
  }

  #awaitReply(id: number, command: string): Promise<ReplyMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<ReplyMessage>();
    const deadlineMs = this.#options.commandDeadlineMs;
    const timer = setTimeout(() => {
      this.#waiting.delete(id);
      reject(new SensorError("COMMAND_UNANSWERED", `no answer to ${command} in ${deadlineMs} ms`));
    }, deadlineMs);
    this.#waiting.set(id, { resolve, reject, timer });
    return promise;
  }

  async #launch(listener: SourceListener): Promise<void> {
    const { binary, args, readyDeadlineMs } = this.#options;
    const child = spawn(binary, [...args], { stdio: ["pipe", "pipe", "pipe"] });
    const ready = Promise.withResolvers<void>();
    const exited = Promise.withResolvers<void>();
    this.#child = child;
    this.#exited = exited.promise;
    this.#startedAt = Date.now();
    const timer = setTimeout(() => {
      ready.reject(
        new SensorError("SENSOR_UNAVAILABLE", `the native sensor was not ready in ${readyDeadlineMs} ms`),
      );
      child.kill("SIGKILL");
    }, readyDeadlineMs);
    child.once("error", (cause) => {
      ready.reject(
        new SensorError("SENSOR_UNAVAILABLE", `cannot start ${binary}: ${cause.message}`, { cause }),
      );
      this.#ended(child, cause.message);
      exited.resolve();
    });
    child.once("close", (code, signal) => {
      ready.reject(new SensorError("SENSOR_UNAVAILABLE", `the native sensor ended: ${signal ?? code}`));
      this.#ended(child, String(signal ?? code));
      exited.resolve();
    });
    // What cannot be written any more is told by the end of the process.
    child.stdin.on("error", () => undefined);
    this.#logLines(child);
    listener.onBegin();
    this.#read(child, listener, ready.resolve);
    try {
      await ready.promise;
    } finally {
      clearTimeout(timer);
    }
  }

  #read(child: ChildProcess, listener: SourceListener, onReady: () => void): void {
    const reader = new FrameReader();
    child.stdout?.on("data", (chunk: Buffer) => {
      if (this.#child !== child) return;
      this.#bytes += chunk.length;
      try {
        for (const { type, payload } of reader.push(chunk)) {
          this.#frames += 1;
          if (type === "events") listener.onRecords(payload);
          else this.#hear(payload, listener, onReady);
        }
      } catch (error) {
        if (!(error instanceof SensorError)) throw error;
        // Nothing after it can be told from noise: the process is replaced, and tells again what there is.
        this.#malformed += 1;
        this.#options.log.warn({ reason: error.message }, "native sensor wrote what cannot be read");
        child.kill("SIGKILL");
        child.stdout?.removeAllListeners("data").resume();
      }
    });
  }

  #hear(payload: Buffer, listener: SourceListener, onReady: () => void): void {
    const message = parseMessage(payload);
    if (message.kind === "event") {
      if (message.event === "ready") onReady();
      listener.onMessage(message);
      return;
    }
    const waiting = this.#waiting.get(message.id);
    if (waiting === undefined) return;
    clearTimeout(waiting.timer);
    this.#waiting.delete(message.id);
    waiting.resolve(message);
  }

  #ended(child: ChildProcess, how: string): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(new SensorError("COMMAND_UNANSWERED", `the native sensor ended before it answered: ${how}`));
    }
    this.#waiting.clear();
    const listener = this.#listener;
    if (this.#stopping || listener === undefined) {
      listener?.onEnd();
      return;
    }
    this.#options.log.warn({ how }, "native sensor ended");
    this.#options.onLost(how);
    this.#startAgain(listener);
  }

  #startAgain(listener: SourceListener): void {
    const { backoffMs, maxBackoffMs, log, onReplaced } = this.#options;
    this.#failures = Date.now() - this.#startedAt > STEADY_MS ? 0 : this.#failures + 1;
    const wait = Math.min(backoffMs * 2 ** Math.min(this.#failures, 20), maxBackoffMs);
    this.#restart = setTimeout(() => {
      this.#restarts += 1;
      // Where it fails, its end has asked for the next start already.
      this.#launch(listener).then(onReplaced, (error: unknown) => {
        log.warn({ reason: messageOf(error) }, "native sensor did not start");
      });
    }, wait);
  }

  #logLines(child: ChildProcess): void {
    let held = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      const lines = (held + text).split("\n");
      held = (lines.pop() ?? "").slice(0, MAX_LOG_LINE_CHARS);
      for (const line of lines) this.#logLine(line.slice(0, MAX_LOG_LINE_CHARS));
    });
  }

  /** `{"level":…,"message":…}`; what is none, such as the last words of a crash, is worth a warning. */
  #logLine(line: string): void {
    const { log } = this.#options;
    const said = parseLogLine(line);
    if (said?.level === "info" || said?.level === "debug") {
      log.info({ said: said.message }, "native sensor says");
    } else {
      log.warn({ said: said?.message ?? line }, "native sensor warns");
    }
  }
}

function parseLogLine(line: string): { readonly level: unknown; readonly message: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== "object" || value === null) return undefined;
    const level = "level" in value ? value.level : undefined;
    return { level, message: "message" in value ? value.message : undefined };
  } catch {
    return undefined;
  }
}
