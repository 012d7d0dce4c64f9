import { mkdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { messageOf } from "@pratique/core";
import { removeUnfinished, unfinishedPath } from "@pratique/dataset";
import { IntelError } from "../errors.ts";
import { findFeed } from "../feeds/feeds.ts";
import { feedFailure } from "../location/feed-failure.ts";
import { Intake, type IntakeRules } from "./intake.ts";
import { IntelSet } from "./intel-set.ts";
import { judgeChange } from "./judge-change.ts";
import { databaseFile, type Pointer, readRememberedSources, snapshotFile, writePointer } from "./pointer.ts";
import { openPrevious, type PreviousSet } from "./previous-set.ts";
import { publishSet } from "./publish-set.ts";
import { readSource, type SourceState } from "./read-source.ts";
import { SetWriter } from "./set-writer.ts";
import {
  type HeldChange,
  type SourceLocation,
  type SourceRecord,
  shownLocation,
  sourceName,
} from "./source-record.ts";
import { acquireUpdateLock } from "./update-lock.ts";
import type { SourceFailure, UpdateOptions, UpdateResult } from "./update-options.ts";
import { type Planned, planUpdate } from "./update-plan.ts";
import { loadUpdateRules } from "./update-rules.ts";

/** An indicator holds for so long after its feed has named it: a feed that never changes has to be read all the same. */
const READ_AGAIN_AFTER_MS = 24 * 60 * 60 * 1000;

/**
 * Reads the sources of the set, and those that are named, and makes a new set the current one. Feeds that have not
 * changed are not read again. The set before stays as it is until the new one is complete: an update that fails, or is
 * killed at any moment, changes nothing.
 *
 * A source that changes beyond reason keeps what the set before held of it, until it is accepted. Throws
 * {@link IntelError}s only.
 */
export async function updateSet(options: UpdateOptions): Promise<UpdateResult> {
  const directory = resolve(options.directory);
  try {
    await mkdir(directory, { recursive: true, mode: 0o755 });
    using _lock = await acquireUpdateLock(directory, {
      waitMs: options.lockWaitMs ?? 0,
      signal: options.signal,
    });
    await removeUnfinished(directory);
    const { previous, damage } = openPrevious(directory);
    using opened = previous;
    const result = await new Update(directory, options, opened).run();
    return { ...result, ...(damage !== undefined && { previousDamage: damage }) };
  } catch (thrown) {
    const failure = feedFailure(thrown, directory);
    if (failure instanceof IntelError) throw failure;
    throw new IntelError("UPDATE_FAILED", `the update failed: ${messageOf(thrown)}`, { cause: thrown });
  }
}

/** One update, from the first source to the pointer. The lock is held. */
class Update {
  readonly #directory: string;
  readonly #options: UpdateOptions;
  readonly #previous: PreviousSet | undefined;
  readonly #now: Date;
  readonly #records = new Map<string, SourceRecord>();
  readonly #failures: SourceFailure[] = [];
  #fingerprint = "";
  readonly #held: (SourceLocation & { readonly change: HeldChange })[] = [];

  constructor(directory: string, options: UpdateOptions, previous: PreviousSet | undefined) {
    this.#directory = directory;
    this.#options = options;
    this.#previous = previous;
    this.#now = options.clock();
  }

  async run(): Promise<UpdateResult> {
    const remembered =
      this.#previous === undefined ? readRememberedSources(this.#directory) : this.#previous.pointer;
    const plan = planUpdate(this.#options, {
      records: this.#previous?.pointer.sources ?? [],
      remembered: remembered.sources,
    });
    const warningLists =
      this.#options.warningLists?.map((place) => resolve(place)) ?? remembered.warningLists;
    const { rules, fingerprint } = await loadUpdateRules(this.#options, { warningLists, now: this.#now });
    this.#fingerprint = fingerprint;
    const path = unfinishedPath(this.#directory, ".sqlite");
    try {
      using writer = new SetWriter(path);
      const toKeep: Planned[] = [];
      for (const planned of plan) {
        if (planned.isKept || !(await this.#read(planned, writer, rules))) toKeep.push(planned);
      }
      const mayStay = writer.count === 0 && this.#previous?.pointer.rules === fingerprint;
      if (mayStay && toKeep.length === this.#previous?.pointer.sources.length) {
        return await this.#confirm(this.#previous.pointer, plan);
      }
      for (const planned of toKeep) this.#keep(planned, writer, rules);
      const [failure] = this.#failures;
      // Nothing new, and nothing that could be kept: there is no set to be made of that.
      if (failure !== undefined && writer.count === 0 && toKeep.length === plan.length) throw failure.error;
      this.#options.onProgress?.({ phase: "writing" });
      const about = {
        builtAt: this.#now.toISOString(),
        rules: fingerprint,
        warningLists,
        warningListCount: rules.warningLists.size,
        sources: this.#sources(plan),
      };
      const { signal } = this.#options;
      const before = this.#previous?.pointer;
      const { pointer, inForce } = await publishSet(writer, {
        directory: this.#directory,
        path,
        about,
        signal,
        review: this.#review(),
        before: before?.database.sha256,
      });
      return this.#result(pointer, {
        changed: pointer.snapshot.sha256 !== before?.snapshot.sha256,
        inForce,
      });
    } finally {
      await rm(path, { force: true });
    }
  }

  /** Reads one source. False where what the set before holds of it is to be taken over. */
  async #read(planned: Planned, writer: SetWriter, rules: IntakeRules): Promise<boolean> {
    const { source, record, mustWork } = planned;
    const mark = writer.begin();
    try {
      const feed = findFeed(source.feed);
      const intake = new Intake(sourceName(source), feed, { rules, writer });
      const state = await readSource(source, {
        directory: this.#directory,
        feed,
        sink: intake,
        http: this.#options.http,
        credentials: this.#options.credentials ?? (() => ({})),
        signal: this.#options.signal,
        limits: this.#options.limits,
        onProgress: this.#options.onProgress ?? (() => undefined),
        previous: this.#mayBeUnchanged(record, feed.version) ? record : undefined,
      });
      if (state === undefined) {
        this.#records.set(sourceName(source), without(record, { readAt: this.#now.toISOString() }));
        return false;
      }
      const change = this.#changeOf(planned, intake, writer);
      if (change !== undefined) {
        writer.rollBack(mark);
        this.#held.push({ ...source, change });
        this.#records.set(sourceName(source), without(record, { held: change }));
        return false;
      }
      this.#records.set(sourceName(source), this.#recordOf(source, feed.version, { intake, state }));
      return true;
    } catch (thrown) {
      writer.rollBack(mark);
      const error = feedFailure(thrown, shownLocation(source.location));
      if (!(error instanceof IntelError) || mustWork) throw error;
      if (error.code === "DISK_FULL" || error.code === "UPDATE_ABORTED") throw error;
      this.#failures.push({ ...source, error });
      const failure = { at: this.#now.toISOString(), code: error.code, message: error.message };
      this.#records.set(sourceName(source), { ...(record ?? unread(source)), failure });
      return false;
    }
  }

  /** Whether it is enough to hear that a source is as it was when it was read. */
  #mayBeUnchanged(record: SourceRecord | undefined, feedVersion: number): boolean {
    if (record === undefined || record.held !== undefined || record.feedVersion !== feedVersion) return false;
    // What was refused by other rules may be permitted now, and is in no set.
    if (this.#previous?.pointer.rules !== this.#fingerprint) return false;
    return this.#now.getTime() - Date.parse(record.fetchedAt) < READ_AGAIN_AFTER_MS;
  }

  /** Throws `FEED_EMPTY`: a feed that says nothing is another kind of feed, or has moved. */
  #changeOf({ source, record }: Planned, intake: Intake, writer: SetWriter): HeldChange | undefined {
    const before = record?.indicators ?? 0;
    if (!intake.isRecognized) {
      const [first] = intake.samples;
      const why = first === undefined ? "" : `: ${first.where}: ${first.reason}`;
      throw new IntelError(
        "FEED_EMPTY",
        `${source.feed} found nothing in ${JSON.stringify(shownLocation(source.location))}${why}`,
      );
    }
    if (this.#options.accept === true || before === 0) return undefined;
    const removed = this.#previous?.countRemoved(source, writer) ?? 0;
    const reason = judgeChange({ before, after: intake.indicators, removed });
    if (reason === undefined) return undefined;
    return { at: this.#now.toISOString(), before, after: intake.indicators, removed, reason };
  }

  #recordOf(
    source: SourceLocation,
    feedVersion: number,
    { intake, state }: { readonly intake: Intake; readonly state: SourceState },
  ): SourceRecord {
    return {
      ...source,
      feedVersion,
      readAt: this.#now.toISOString(),
      fetchedAt: this.#now.toISOString(),
      indicators: intake.indicators,
      reportOnly: intake.reportOnly,
      refused: intake.refusedCount,
      ignored: intake.ignoredCount,
      reasons: intake.reasons,
      samples: intake.samples,
      ...state,
    };
  }

  /** Takes a source over from the set before. */
  #keep({ source, record }: Planned, writer: SetWriter, rules: IntakeRules): void {
    if (record === undefined || this.#previous === undefined) return;
    this.#options.onProgress?.({ phase: "keeping", source });
    writer.begin();
    const intake = new Intake(sourceName(source), findFeed(source.feed), { rules, writer });
    this.#previous.replay(source, intake, rules);
    const known = this.#records.get(sourceName(source)) ?? record;
    const { indicators, reportOnly } = intake;
    this.#records.set(sourceName(source), { ...known, indicators, reportOnly });
  }

  /** Nothing has changed: only what is known of the sources is written down. */
  async #confirm(pointer: Pointer, plan: readonly Planned[]): Promise<UpdateResult> {
    const sources = this.#sources(plan);
    const inForce = (await this.#review()?.(pointer)) ?? true;
    if (inForce) await writePointer(this.#directory, { ...pointer, sources });
    return this.#result({ ...pointer, sources }, { changed: false, inForce });
  }

  #review(): ((pointer: Pointer) => Promise<boolean>) | undefined {
    const { review, clock, signal } = this.#options;
    if (review === undefined) return undefined;
    const previous = this.#previous?.pointer;
    const now = (): number => clock().getTime();
    return async (pointer) => {
      using candidate = new IntelSet(this.#directory, pointer, now);
      using before = previous === undefined ? undefined : new IntelSet(this.#directory, previous, now);
      const isWanted = await review(candidate, before);
      if (signal?.aborted === true) throw new IntelError("UPDATE_ABORTED", "the update was called off");
      return isWanted;
    };
  }

  #sources(plan: readonly Planned[]): readonly SourceRecord[] {
    return plan.flatMap(({ source, record }) => this.#records.get(sourceName(source)) ?? record ?? []);
  }

  #result(pointer: Pointer, how: Pick<UpdateResult, "changed" | "inForce">): UpdateResult {
    const { v4, v6, names } = pointer.snapshot;
    return {
      revision: pointer.database.sha256,
      databasePath: join(this.#directory, databaseFile(pointer)),
      snapshotPath: join(this.#directory, snapshotFile(pointer)),
      ...how,
      indicators: pointer.indicators,
      snapshot: { v4, v6, names },
      warningLists: pointer.warningListCount,
      sources: pointer.sources,
      failures: this.#failures,
      held: this.#held,
    };
  }
}

/** A record with some of it anew; what was said of an attempt before is said no more. */
function without(record: SourceRecord | undefined, more: Partial<SourceRecord>): SourceRecord {
  if (record === undefined) throw new TypeError("nothing is known of a source that has not changed");
  const { held: _held, failure: _failure, ...rest } = record;
  return { ...rest, ...more };
}

function unread(source: SourceLocation): SourceRecord {
  const nothing = { indicators: 0, reportOnly: 0, refused: 0, ignored: 0, reasons: {}, samples: [] };
  const never = new Date(0).toISOString();
  return { ...source, feedVersion: 0, readAt: never, fetchedAt: never, ...nothing };
}
