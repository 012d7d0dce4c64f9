import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  ftruncateSync,
  openSync,
  rmSync,
  writeSync,
} from "node:fs";
import { askRuntime } from "@pratique/agent";
import { messageOf } from "@pratique/core";
import { printable } from "@pratique/report";
import { compileRules } from "@pratique/rules";
import { type SensorEvent, SensorFields, type SensorScope, scopeOfNeeds } from "@pratique/sensor";
import type { Context } from "../context.ts";
import { CliError } from "../errors.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { Progress } from "../progress.ts";
import { readSpan } from "../read-span.ts";
import { loadOwnRules } from "../runtime/own-rules.ts";

export interface RecordFlags {
  readonly output: string;
  readonly for: string;
  readonly rules?: readonly string[];
  readonly json?: boolean;
}

const SECOND_MS = 1000;

/**
 * `pratique runtime record --output FILE`: all that the sensor tells for a while, in a file that `pratique rules test`
 * reads. With `--rules` also what these rules ask for and those in force do not.
 */
export async function runtimeRecord(context: Context, flags: RecordFlags): Promise<ExitCode> {
  const { settings, console, signal } = context;
  const seconds = Math.ceil(readSpan("--for", flags.for) / SECOND_MS);
  if (seconds === 0) throw new CliError("USAGE", "--for: expected a time above zero");
  const asked = flags.rules === undefined ? nothing : scopeOf(flags.rules, settings.runtime);
  using file = new PrivateFile(flags.output);
  const over = new AbortController();
  const until = AbortSignal.any([signal, over.signal]);
  using progress = new Progress(console, context.elapsedMs);
  const counting = countSeconds(context, until, (second) => {
    if (second < seconds) progress.count("recording", second, seconds);
    else over.abort();
  });
  let leftOut = 0;
  try {
    const request = {
      command: "record" as const,
      eventTypes: [...asked.eventTypes],
      hostEventTypes: [...asked.hostEventTypes],
      environment: asked.environment,
    };
    for await (const { recording, missed } of askRuntime(settings.layout.runtimeSocket, request, until)) {
      if (typeof missed === "number") leftOut += missed;
      if (typeof recording === "string") file.write(Buffer.from(recording, "base64"));
    }
    if (!until.aborted || file.bytes === 0) {
      throw new CliError("PART_FAILED", "the agent ended before the recording was over");
    }
  } finally {
    over.abort();
    await counting;
  }
  progress[Symbol.dispose]();
  if (flags.json === true) {
    console.print(`${JSON.stringify({ file: flags.output, bytes: file.bytes, leftOut })}\n`);
  } else {
    console.say(`${printable(flags.output)}: ${file.bytes} bytes, for its owner alone: it may hold secrets`);
    if (leftOut > 0) console.say(`${leftOut} pieces were left out: more was told than could be written`);
  }
  return leftOut === 0 ? exitCodes.fine : exitCodes.unassessed;
}

const nothing: SensorScope = { eventTypes: [], hostEventTypes: [], environment: false };

/** What rules ask for. Throws `RULES_INVALID`. */
function scopeOf(files: readonly string[], runtime: Context["settings"]["runtime"]): SensorScope {
  const own = loadOwnRules(files, runtime);
  if (own.kind === "invalid") throw new CliError("RULES_INVALID", printable(own.errors.join("; ")));
  const typeOf = ({ type }: SensorEvent) => type;
  return scopeOfNeeds(compileRules(own.ruleSet, new SensorFields(), { typeOf }).needs);
}

/** Calls at the beginning and after each second, until the signal comes. */
async function countSeconds(
  { sleep }: Context,
  until: AbortSignal,
  onSecond: (second: number) => void,
): Promise<void> {
  for (let second = 0; !until.aborted; second += 1) {
    onSecond(second);
    await sleep(SECOND_MS, until).catch(() => undefined);
  }
}

/** A file for its owner alone. What is in it stays until there is something to write, and one that was not there is not left empty. */
class PrivateFile implements Disposable {
  readonly #path: string;
  readonly #descriptor: number;
  #bytes = 0;

  /** Throws `OUTPUT_UNWRITABLE`. */
  constructor(path: string) {
    this.#path = path;
    try {
      this.#descriptor = openSync(path, constants.O_WRONLY | constants.O_CREAT, 0o600);
    } catch (cause) {
      const what = `${JSON.stringify(path)} cannot be written: ${messageOf(cause)}`;
      throw new CliError("OUTPUT_UNWRITABLE", what, { cause });
    }
  }

  get bytes(): number {
    return this.#bytes;
  }

  write(bytes: Buffer): void {
    if (this.#bytes === 0) this.#empty();
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#descriptor, bytes, at);
    this.#bytes += bytes.length;
  }

  [Symbol.dispose](): void {
    const isEmpty = this.#isFile() && fstatSync(this.#descriptor).size === 0;
    closeSync(this.#descriptor);
    if (isEmpty) rmSync(this.#path);
  }

  /** It may have been there before, and with more rights. */
  #empty(): void {
    if (!this.#isFile()) return;
    fchmodSync(this.#descriptor, 0o600);
    ftruncateSync(this.#descriptor);
  }

  #isFile(): boolean {
    return fstatSync(this.#descriptor).isFile();
  }
}
