import { mkdir, open, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { MiB, messageOf } from "@pratique/core";
import { parseAddress, wholeOf } from "../canonical/address.ts";
import { specialUseOf } from "../canonical/special-networks.ts";
import type { Meeting, PastContainer } from "./contact.ts";
import { encodeBlock, type PastBlock } from "./past-file.ts";
import { PastHour } from "./past-hour.ts";
import { HOUR_MS, hourFileName, listPastHours, type PastHourFile, readPastHour } from "./past-hours.ts";
import { keepPastWithin, type PastLimits } from "./past-retention.ts";
import { UNFINISHED, writeHourFile } from "./write-hour-file.ts";

export interface PastWriterOptions {
  /** Made where it does not exist; only its owner may look. */
  readonly directory: string;
  readonly limits: PastLimits;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds of a clock that never turns back. */
  readonly elapsedMs: () => number;
}

/** What is new is in the file within so long, where the disk takes it. */
const PAST_NEW_WITHIN_MS = 5000;
/** How often and until when something that goes on happened; it is made to outlive a power cut as often. */
const PAST_CHANGED_WITHIN_MS = 60_000;
/** An unfinished hour of this length is written anew, each contact once. */
const REWRITE_BYTES = 16 * MiB;

/**
 * Keeps whom containers spoke to, an hour a file. A meeting costs a look into a map; what came together is written
 * every few seconds by {@link tick}. Peers that no feed may list, such as addresses of private networks, are not kept.
 */
export class PastWriter {
  readonly #options: PastWriterOptions;
  #hour: PastHour;
  /** Of the file of the hour, up to the last block that was written whole. */
  #bytes = 0;
  #isRewriteDue = true;
  #newAt = Number.NEGATIVE_INFINITY;
  #changedAt = Number.NEGATIVE_INFINITY;
  #working: Promise<void> = Promise.resolve();
  #isWorking = false;
  #failure = "";

  constructor(options: PastWriterOptions) {
    this.#options = options;
    this.#hour = new PastHour(hourOf(options.now()));
  }

  /** Why nothing can be written at present; empty where it can. What comes meanwhile is kept in memory for its hour. */
  get failure(): string {
    return this.#failure;
  }

  /** Takes up what was written before. Never rejects: what is wrong is {@link failure}. */
  async open(): Promise<void> {
    await this.#try(async () => {
      const { directory, limits, now } = this.#options;
      await mkdir(directory, { recursive: true, mode: 0o700 });
      for (const name of await readdir(directory)) {
        if (UNFINISHED.test(name)) await rm(join(directory, name), { force: true });
      }
      // Only the last can be unfinished.
      const last = listPastHours(directory).at(-1);
      if (last !== undefined) await this.#takeUp(last);
      // One that is started anew again and again must not grow for it.
      await keepPastWithin(directory, limits, { now: now(), current: hourFileName(this.#hour.startsAt) });
    });
  }

  /** Notes a meeting. It does not wait for anything. */
  meet(container: PastContainer, meeting: Meeting): void {
    const { kind, peer } = meeting;
    if ((kind === "out" || kind === "in") && !mayBeListed(peer)) return;
    this.#hour.meet(container, meeting);
  }

  /** Writes what is due. To be called every second or so; resolves at once where it is still at it. Never rejects. */
  async tick(): Promise<void> {
    if (this.#isWorking) return;
    this.#isWorking = true;
    this.#working = this.#try(() => this.#work()).finally(() => {
      this.#isWorking = false;
    });
    await this.#working;
  }

  /** Writes all that is not written yet. Never rejects. */
  async close(): Promise<void> {
    await this.#working;
    await this.#try(() => this.#end(this.#hour));
  }

  async #work(): Promise<void> {
    const now = this.#options.now();
    if (hourOf(now) !== this.#hour.startsAt) return await this.#nextHour(now);
    if (this.#isRewriteDue || this.#bytes > REWRITE_BYTES) return await this.#rewrite(this.#hour);
    const at = this.#options.elapsedMs();
    const isChangedDue = at - this.#changedAt >= PAST_CHANGED_WITHIN_MS;
    if (!isChangedDue && at - this.#newAt < PAST_NEW_WITHIN_MS) return;
    this.#newAt = at;
    if (isChangedDue) this.#changedAt = at;
    await this.#append(isChangedDue);
  }

  /** Also where the clock was set: each hour is written where it says that it is. */
  async #nextHour(now: number): Promise<void> {
    const ended = this.#hour;
    // From here on what happens belongs to the next one, even if this one cannot be written.
    this.#hour = new PastHour(hourOf(now));
    this.#isRewriteDue = true;
    const { directory, limits } = this.#options;
    try {
      await this.#end(ended);
    } finally {
      const current = hourFileName(this.#hour.startsAt);
      const existing = listPastHours(directory).find(({ name }) => name === current);
      if (existing !== undefined) await this.#takeUp(existing);
      await keepPastWithin(directory, limits, { now, current });
    }
  }

  async #takeUp(file: PastHourFile): Promise<void> {
    const { directory, now } = this.#options;
    const recorded = readPastHour(directory, file);
    if (recorded === undefined) return;
    const isCurrent = file.startsAt === hourOf(now());
    const hour = isCurrent ? this.#hour : new PastHour(file.startsAt);
    hour.restore({ whole: false, shares: recorded.shares });
    // What breaks off is how a writer ends that is killed: it is written anew without.
    if (!isCurrent) await this.#end(hour);
  }

  async #end(hour: PastHour): Promise<void> {
    await writeHourFile(this.#options.directory, hourFileName(hour.startsAt), hour.take("whole"));
  }

  async #rewrite(hour: PastHour): Promise<void> {
    this.#bytes = await writeHourFile(
      this.#options.directory,
      hourFileName(hour.startsAt),
      unfinished(hour.take("whole")),
    );
    this.#isRewriteDue = false;
  }

  async #append(withChanged: boolean): Promise<void> {
    const path = join(this.#options.directory, hourFileName(this.#hour.startsAt));
    const file = await open(path, "r+");
    try {
      for (const block of this.#hour.take(withChanged ? "changed" : "new")) {
        const piece = await encodeBlock(block);
        // At the place, and not at the end: half of a block that found no room is written over.
        const { bytesWritten } = await file.write(piece, 0, piece.length, this.#bytes);
        if (bytesWritten < piece.length) throw new Error("there is no room for what was seen");
        this.#bytes += piece.length;
      }
      if (withChanged) await file.datasync();
    } finally {
      await file.close();
    }
  }

  async #try(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.#failure = "";
    } catch (thrown) {
      this.#failure = messageOf(thrown);
      // What was taken to be written is not known to be there.
      this.#isRewriteDue = true;
    }
  }
}

/** Of the file that is written on: only an hour that has ended is whole. */
function* unfinished(blocks: Iterable<PastBlock>): Generator<PastBlock, void, undefined> {
  for (const block of blocks) yield { ...block, whole: false };
}

function hourOf(now: number): number {
  return Math.floor(now / HOUR_MS) * HOUR_MS;
}

function mayBeListed(address: string): boolean {
  const parsed = parseAddress(address);
  return parsed !== undefined && specialUseOf(wholeOf(parsed)) === undefined;
}
