import { isObject } from "./json-object.ts";
import type { TreeEntry } from "./tree-event.ts";
import type { TreeProblemKind } from "./tree-problem.ts";

/** What is looked for in the entries of a log, beyond their hashes. */
export interface EntryCheckOptions {
  /** Between two entries; an hour and five minutes unless said otherwise. 0 looks for none. */
  readonly maxSilenceMs?: number;
  /** An intent without outcome at the end of the log may still be running: not one that is older. A minute. */
  readonly maxRunningMs?: number;
}

const MAX_SILENCE_MS = 3_900_000;
const MAX_RUNNING_MS = 60_000;
/** Intents that are open at the same time; those beyond are not followed. */
const MAX_OPEN = 1_000_000;

type Report = (kind: TreeProblemKind, index: number, message: string) => void;

/** The last record of a host that the log tells of. */
interface HostHead {
  readonly sequence: number;
  readonly hash: string;
}

/** Records of a host's chain, from one to another, both included. */
interface HostRecords {
  readonly log: string;
  readonly from: number;
  readonly to: number;
  readonly previousHash: string;
  readonly hash: string;
}

/** Follows the entries of a log in order, and reports what does not fit together. */
export class EntryChecks {
  readonly #report: Report;
  readonly #options: EntryCheckOptions;
  readonly #open = new Map<
    string,
    { readonly index: number; readonly time: string; readonly action: string }
  >();
  readonly #hosts = new Map<string, HostHead>();
  #lastTime = "";
  /** Milliseconds since 1970 of the last time; not a number before the first. */
  #lastMs = Number.NaN;

  constructor(report: Report, options: EntryCheckOptions) {
    this.#report = report;
    this.#options = options;
  }

  check(entry: TreeEntry, index: number): void {
    this.#checkTime(entry, index);
    this.#follow(entry, index);
    this.#checkHost(entry, index);
  }

  /** To be called after the last entry. */
  finish(): void {
    const { maxRunningMs = MAX_RUNNING_MS } = this.#options;
    for (const { index, time, action } of this.#open.values()) {
      if (Date.parse(this.#lastTime) - Date.parse(time) < maxRunningMs) continue;
      this.#report(
        "intent-without-outcome",
        index,
        `${JSON.stringify(action)} was begun, and its outcome is missing`,
      );
    }
  }

  /** Intents that have no outcome so far. */
  get openIntents(): readonly number[] {
    return [...this.#open.values()].map(({ index }) => index);
  }

  #checkTime({ time }: TreeEntry, index: number): void {
    const { maxSilenceMs = MAX_SILENCE_MS } = this.#options;
    // Both are of one form, of which the order of texts is that of times.
    if (time < this.#lastTime)
      this.#report("time-went-back", index, `its time ${time} is before ${this.#lastTime}`);
    const timeMs = time === this.#lastTime ? this.#lastMs : Date.parse(time);
    const silenceMs = timeMs - this.#lastMs;
    if (maxSilenceMs > 0 && silenceMs > maxSilenceMs) {
      this.#report("silence", index, `nothing was logged for ${Math.round(silenceMs / 1000)} s before it`);
    }
    if (time <= this.#lastTime) return;
    this.#lastTime = time;
    this.#lastMs = timeMs;
  }

  #follow({ stage, call, time, action }: TreeEntry, index: number): void {
    if (call === undefined || stage === "fact") return;
    if (stage === "intent") {
      if (this.#open.size < MAX_OPEN) this.#open.set(call, { index, time, action });
    } else if (!this.#open.delete(call) && this.#open.size < MAX_OPEN) {
      this.#report(
        "outcome-without-intent",
        index,
        `no intent precedes the outcome of ${JSON.stringify(action)}`,
      );
    }
  }

  /** Hosts hold chains of their own, and an entry tells how far one has come. */
  #checkHost({ data }: TreeEntry, index: number): void {
    const records = hostRecordsIn(data);
    if (records === undefined) return;
    const { log, from, to, previousHash, hash } = records;
    const last = this.#hosts.get(log);
    this.#hosts.set(log, { sequence: to, hash });
    if (last === undefined || (last.sequence === to && last.hash === hash)) return;
    if (from !== last.sequence + 1) {
      this.#report("host-chain-broken", index, `host record ${from} follows record ${last.sequence}`);
    } else if (previousHash !== last.hash) {
      this.#report("host-chain-broken", index, `host record ${from} does not continue the one before`);
    }
  }
}

/**
 * `data.hostRecords` with `log`, `from`, `to`, `previousHash` of the first and `hash` of the last; or
 * `data.hostRecord` with `sequence` in the place of `from` and `to`.
 */
function hostRecordsIn(data: TreeEntry["data"]): HostRecords | undefined {
  const told = data?.hostRecords ?? data?.hostRecord;
  if (!isObject(told)) return undefined;
  const { log, sequence, from = sequence, to = sequence, previousHash, hash } = told;
  if (typeof log !== "string" || typeof previousHash !== "string" || typeof hash !== "string")
    return undefined;
  return typeof from === "number" && typeof to === "number"
    ? { log, from, to, previousHash, hash }
    : undefined;
}
