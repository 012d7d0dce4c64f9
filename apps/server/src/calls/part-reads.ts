import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import type { CallEntry, CallLog } from "./call-record.ts";

/** What of a whole was asked for: numbers from one to another, both included. */
export interface Part {
  readonly from: number;
  readonly to: number;
}

export interface PartReadsOptions {
  readonly record: CallLog;
  /** Which part an entry tells the read of; undefined where it tells of anything else. */
  readonly partOf: (entry: CallEntry) => Part | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds of a clock that never turns back. */
  readonly elapsedMs: () => number;
  readonly log: Logger;
}

/** Whoever asks for nothing for so long has ended. */
const PAUSE_MS = 30_000;
/** A read that goes on for longer is told of in between. */
const MAX_READ_MS = 600_000;
const SWEEP_MS = 10_000;
/** Beyond so many, the read that began first is told of. */
const MAX_READERS = 1000;
/** Parts that do not follow one another, of one read. */
const MAX_PARTS = 64;

interface Reading {
  /** The first of the entries that it stands for. */
  readonly first: CallEntry;
  readonly firstPart: Part;
  /** Durable once the read may begin. */
  readonly begun: Promise<void>;
  readonly beganAt: number;
  /** The same moment, for people: ISO 8601. */
  readonly since: string;
  lastAt: number;
  /** In ascending order, apart from one another. */
  parts: readonly Part[];
}

/**
 * Takes the entries of somebody who reads a large whole part by part together: one, before the first part is given,
 * and one, after a pause, of all that was asked for, under the same `call`. What is refused, and all that is no such
 * read, is recorded as it is.
 */
export class PartReads implements CallLog, AsyncDisposable {
  readonly #options: PartReadsOptions;
  /** By reader, in the order in which they began. */
  readonly #readings = new Map<string, Reading>();
  readonly #over: Reading[] = [];
  readonly #sweep: NodeJS.Timeout;

  constructor(options: PartReadsOptions) {
    this.#options = options;
    this.#sweep = setInterval(() => {
      this.#endPaused();
      void this.#tellOver();
    }, SWEEP_MS).unref();
  }

  async append(entry: CallEntry): Promise<void> {
    const part = this.#options.partOf(entry);
    if (part === undefined) return await this.#options.record.append(entry);
    const reader = readerOf(entry);
    const known = this.#readings.get(reader);
    const parts = withPart(known?.parts ?? [], part);
    if (known !== undefined && this.#goesOn(known) && parts.length <= MAX_PARTS) {
      known.parts = parts;
      known.lastAt = this.#options.elapsedMs();
      return await known.begun;
    }
    this.#end(reader);
    if (this.#readings.size >= MAX_READERS) this.#end(this.#readings.keys().next().value ?? "");
    await this.#begin(reader, { entry, part });
    await this.#tellOver();
  }

  /** Tells of all reads that have not been told of. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#sweep);
    for (const reader of this.#readings.keys()) this.#end(reader);
    await this.#tellOver();
  }

  async #begin(
    reader: string,
    { entry, part }: { readonly entry: CallEntry; readonly part: Part },
  ): Promise<void> {
    const first: CallEntry = { ...entry, call: randomUUID(), data: { entries: [{ ...part }] } };
    const at = this.#options.elapsedMs();
    const reading: Reading = {
      first,
      firstPart: part,
      begun: this.#options.record.append(first),
      beganAt: at,
      since: new Date(this.#options.now()).toISOString(),
      lastAt: at,
      parts: [part],
    };
    this.#readings.set(reader, reading);
    try {
      await reading.begun;
    } catch (thrown) {
      // Nobody was given anything: the next one tries again.
      if (this.#readings.get(reader) === reading) this.#readings.delete(reader);
      throw thrown;
    }
  }

  #goesOn({ beganAt, lastAt }: Reading): boolean {
    const now = this.#options.elapsedMs();
    return now - lastAt < PAUSE_MS && now - beganAt < MAX_READ_MS;
  }

  #endPaused(): void {
    for (const [reader, reading] of this.#readings) if (!this.#goesOn(reading)) this.#end(reader);
  }

  #end(reader: string): void {
    const reading = this.#readings.get(reader);
    if (reading === undefined) return;
    this.#readings.delete(reader);
    // While nothing can be recorded no read begins, so that no more of them wait here than were open.
    if (isLonger(reading)) this.#over.push(reading);
  }

  async #tellOver(): Promise<void> {
    await Promise.all(this.#over.splice(0).map((reading) => this.#tell(reading)));
  }

  /** What cannot be told now is told later: those who read have got what they asked for. */
  async #tell(reading: Reading): Promise<void> {
    const { record, log } = this.#options;
    try {
      await record.append(lastOf(reading));
    } catch (thrown) {
      this.#over.push(reading);
      log.error({ err: thrown }, "what was read cannot be recorded");
    }
  }
}

function lastOf({ first, parts, since }: Reading): CallEntry {
  return { ...first, outcome: "done", data: { entries: parts.map((part) => ({ ...part })), since } };
}

/** The same person at another place, or with another session or token, is another reader. */
function readerOf({ action, actor: { kind, id, session, address } }: CallEntry): string {
  return JSON.stringify([action, kind, id, session, address]);
}

/** Parts that touch become one. */
function withPart(parts: readonly Part[], added: Part): readonly Part[] {
  let { from, to } = added;
  const before: Part[] = [];
  const after: Part[] = [];
  for (const part of parts) {
    if (part.to < from - 1) before.push(part);
    else if (part.from > to + 1) after.push(part);
    else [from, to] = [Math.min(from, part.from), Math.max(to, part.to)];
  }
  return [...before, { from, to }, ...after];
}

/** Whether more was asked for than the first entry tells. */
function isLonger({ firstPart: { from, to }, parts }: Reading): boolean {
  return parts.some((part) => part.from < from || part.to > to);
}
