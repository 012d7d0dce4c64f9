import { createHash, randomUUID } from "node:crypto";
import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { messageOf } from "@pratique/core";
import type { HttpClient } from "@pratique/http";
import { Guard } from "../canonical/guard.ts";
import { IntelError } from "../errors.ts";
import { findFeed } from "../feeds/feeds.ts";
import { feedFailure } from "../location/feed-failure.ts";
import type { LocationLimits } from "../location/visit-location.ts";
import { builtinWarningLists, defaultIgnoredWarningLists } from "../warning-lists/builtin.ts";
import { loadWarningLists } from "../warning-lists/load.ts";
import { type WarningList, WarningLists } from "../warning-lists/warning-lists.ts";
import { defaultExpireDays, type ExpireDays, Intake, type IntakeRules } from "./intake.ts";
import { judgeChange } from "./judge-change.ts";
import {
  databaseFile,
  type Pointer,
  readRememberedSources,
  snapshotFile,
  stampOf,
  syncPath,
  writePointer,
} from "./pointer.ts";
import { openPrevious, type PreviousSet } from "./previous-set.ts";
import { isUrl, readSource, type SourceState, type UpdateProgress } from "./read-source.ts";
import { removeOldSets, removeUnfinished } from "./retention.ts";
import { SetWriter } from "./set-writer.ts";
import {
  type HeldChange,
  type SourceLocation,
  type SourceRecord,
  shownLocation,
  sourceName,
} from "./source-record.ts";
import { acquireUpdateLock } from "./update-lock.ts";

export interface UpdateOptions {
  /** Where sets live; made where it does not exist. */
  readonly directory: string;
  /** Sources to read besides those that the set holds. */
  readonly sources?: readonly SourceLocation[];
  /** Whether a source of `sources` that cannot be read ends the update; else it is told in `failures`. */
  readonly strict?: boolean;
  /** Reads only `sources`, and takes the others over as they are. */
  readonly only?: boolean;
  /** Leaves out all sources that are not in `sources`. */
  readonly replace?: boolean;
  /** Where MISP's warning lists are; those that were named before where absent. */
  readonly warningLists?: readonly string[];
  /** Ids of warning lists that are not heeded; {@link defaultIgnoredWarningLists} where absent. */
  readonly ignoreWarningLists?: readonly string[];
  /** Addresses, networks and names that are never listed: the host's resolvers, its networks, its registries. */
  readonly allow?: readonly string[];
  readonly expireDays?: { readonly [Kind in keyof ExpireDays]?: number | undefined };
  /** Indicators of less confidence are told and not blocked; 50 by default. */
  readonly blockFromConfidence?: number;
  /** Takes changes that would be held. */
  readonly accept?: boolean;
  readonly clock: () => Date;
  /** Needed for URLs only. */
  readonly http?: HttpClient;
  readonly credentials?: (origin: string) => Readonly<Record<string, string>>;
  readonly onProgress?: (progress: UpdateProgress) => void;
  readonly signal?: AbortSignal;
  /** How long to wait for another update, in milliseconds; by default not at all. */
  readonly lockWaitMs?: number;
  readonly limits?: Partial<LocationLimits>;
  /** Of one source. */
  readonly maxIndicators?: number;
}

/** What an update has come to. */
export interface UpdateResult {
  readonly revision: string;
  readonly databasePath: string;
  readonly snapshotPath: string;
  /** Whether the answers differ from those of the set before. */
  readonly changed: boolean;
  readonly indicators: number;
  readonly snapshot: { readonly v4: number; readonly v6: number; readonly names: number };
  readonly warningLists: number;
  readonly sources: readonly SourceRecord[];
  /** Sources that could not be read, and keep what the set before held of them. */
  readonly failures: readonly SourceFailure[];
  /** Sources whose change waits to be accepted, and that keep what the set before held of them. */
  readonly held: readonly (SourceLocation & { readonly change: HeldChange })[];
  /** Why the set before could not be read, where it could not; nothing was taken over from it. */
  readonly previousDamage?: string;
}

/** A source that could not be read. */
export interface SourceFailure extends SourceLocation {
  readonly error: IntelError;
}

const DEFAULT_BLOCK_FROM = 50;
const DEFAULT_MAX_INDICATORS = 5_000_000;
const MAX_SOURCES = 256;
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

interface Planned {
  readonly source: SourceLocation;
  readonly record: SourceRecord | undefined;
  /** Taken over unread. */
  readonly isKept: boolean;
  readonly mustWork: boolean;
}

/** One update, from the first source to the pointer. The lock is held. */
class Update {
  readonly #directory: string;
  readonly #options: UpdateOptions;
  readonly #previous: PreviousSet | undefined;
  readonly #now: Date;
  readonly #records = new Map<string, SourceRecord>();
  readonly #failures: SourceFailure[] = [];
  #fingerprintNow = "";
  readonly #held: (SourceLocation & { readonly change: HeldChange })[] = [];

  constructor(directory: string, options: UpdateOptions, previous: PreviousSet | undefined) {
    this.#directory = directory;
    this.#options = options;
    this.#previous = previous;
    this.#now = options.clock();
  }

  async run(): Promise<UpdateResult> {
    const plan = this.#plan();
    const lists = await this.#loadLists();
    const rules = this.#rules(lists.lists);
    const fingerprint = this.#fingerprint(lists.digest);
    this.#fingerprintNow = fingerprint;
    const path = join(this.#directory, `building-${randomUUID()}.sqlite`);
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
      return await this.#publish({ path, writer, plan, fingerprint, lists });
    } finally {
      await rm(path, { force: true });
    }
  }

  /** In the order of names, so that the same sources give the same set. */
  #plan(): readonly Planned[] {
    const { sources = [], strict = false, only = false, replace = false } = this.#options;
    const held = this.#previous?.pointer.sources ?? readRememberedSources(this.#directory).sources;
    const records = new Map(this.#previous?.pointer.sources.map((record) => [sourceName(record), record]));
    const named = new Map(sources.map(absolute).map((source) => [sourceName(source), source]));
    const all = new Map(named);
    if (!replace)
      for (const { feed, location } of held) all.set(sourceName({ feed, location }), { feed, location });
    if (all.size === 0) throw new IntelError("FEEDS_MISSING", "no feed to read");
    if (all.size > MAX_SOURCES)
      throw new IntelError("FEED_TOO_LARGE", `expected at most ${MAX_SOURCES} feeds`);
    return [...all]
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([name, source]) => {
        findFeed(source.feed);
        const record = records.get(name);
        const isKept = only && !named.has(name) && record !== undefined;
        return { source, record, isKept, mustWork: strict && named.has(name) };
      });
  }

  async #loadLists(): Promise<{ readonly lists: WarningLists; readonly digest: string }> {
    const { ignoreWarningLists = defaultIgnoredWarningLists, signal } = this.#options;
    const lists = new WarningLists();
    const hash = createHash("sha256");
    const take = (list: WarningList): void => {
      if (ignoreWarningLists.includes(list.id)) return;
      hash.update(JSON.stringify(list));
      lists.add(list);
    };
    for (const list of builtinWarningLists) take(list);
    for (const location of this.#warningListPlaces()) await loadWarningLists(location, take, signal);
    return { lists, digest: hash.digest("hex") };
  }

  #warningListPlaces(): readonly string[] {
    const before =
      this.#previous?.pointer.warningLists ?? readRememberedSources(this.#directory).warningLists;
    return this.#options.warningLists?.map((place) => resolve(place)) ?? before;
  }

  #rules(warningLists: WarningLists): IntakeRules {
    const { allow, expireDays, blockFromConfidence, maxIndicators } = this.#options;
    return {
      guard: new Guard(allow),
      warningLists,
      expireDays: withDefaults(expireDays),
      blockFromConfidence: blockFromConfidence ?? DEFAULT_BLOCK_FROM,
      now: this.#now.getTime(),
      maxIndicators: maxIndicators ?? DEFAULT_MAX_INDICATORS,
    };
  }

  /** What the indicators are judged by. What is taken over under other rules is judged anew. */
  #fingerprint(lists: string): string {
    const { allow = [], expireDays = {}, blockFromConfidence = DEFAULT_BLOCK_FROM } = this.#options;
    return createHash("sha256")
      .update(JSON.stringify([RULES_VERSION, lists, allow, expireDays, blockFromConfidence]))
      .digest("hex");
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
    if (this.#previous?.pointer.rules !== this.#fingerprintNow) return false;
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
    await writePointer(this.#directory, { ...pointer, sources });
    return this.#result({ ...pointer, sources }, false);
  }

  async #publish(built: {
    readonly path: string;
    readonly writer: SetWriter;
    readonly plan: readonly Planned[];
    readonly fingerprint: string;
    readonly lists: { readonly lists: WarningLists };
  }): Promise<UpdateResult> {
    const { path, writer, plan, fingerprint, lists } = built;
    this.#options.onProgress?.({ phase: "writing" });
    const indicators = writer.count;
    const snapshotPath = join(this.#directory, `building-${randomUUID()}.snapshot`);
    try {
      const { snapshot, prefixes } = finishInto(snapshotPath, writer);
      await syncPath(path);
      const { v4, v6, names } = snapshot;
      const pointer: Pointer = {
        database: stampOf(path),
        snapshot: { ...stampOf(snapshotPath), v4, v6, names },
        builtAt: this.#now.toISOString(),
        indicators,
        prefixes,
        rules: fingerprint,
        warningLists: this.#warningListPlaces(),
        warningListCount: lists.lists.size,
        sources: this.#sources(plan),
      };
      if (this.#options.signal?.aborted === true) {
        throw new IntelError("UPDATE_ABORTED", "the update was called off");
      }
      await rename(path, join(this.#directory, databaseFile(pointer)));
      await rename(snapshotPath, join(this.#directory, snapshotFile(pointer)));
      await syncPath(this.#directory);
      await writePointer(this.#directory, pointer);
      await removeOldSets(this.#directory, pointer.database.sha256);
      return this.#result(pointer, pointer.snapshot.sha256 !== this.#previous?.pointer.snapshot.sha256);
    } finally {
      await rm(snapshotPath, { force: true });
    }
  }

  #sources(plan: readonly Planned[]): readonly SourceRecord[] {
    return plan.flatMap(({ source, record }) => this.#records.get(sourceName(source)) ?? record ?? []);
  }

  #result(pointer: Pointer, changed: boolean): UpdateResult {
    const { v4, v6, names } = pointer.snapshot;
    return {
      revision: pointer.database.sha256,
      databasePath: join(this.#directory, databaseFile(pointer)),
      snapshotPath: join(this.#directory, snapshotFile(pointer)),
      changed,
      indicators: pointer.indicators,
      snapshot: { v4, v6, names },
      warningLists: pointer.warningListCount,
      sources: pointer.sources,
      failures: this.#failures,
      held: this.#held,
    };
  }
}

function withDefaults({ address, network, domain, url, hash }: UpdateOptions["expireDays"] = {}): ExpireDays {
  return {
    address: address ?? defaultExpireDays.address,
    network: network ?? defaultExpireDays.network,
    domain: domain ?? defaultExpireDays.domain,
    url: url ?? defaultExpireDays.url,
    hash: hash ?? defaultExpireDays.hash,
  };
}

/** Ends a set with its snapshot in a new file, synced. */
function finishInto(path: string, writer: SetWriter): ReturnType<SetWriter["finish"]> {
  const descriptor = openSync(path, "wx", 0o644);
  try {
    const write = (bytes: Uint8Array, position: number): void => {
      for (let done = 0; done < bytes.length; ) {
        done += writeSync(descriptor, bytes, done, bytes.length - done, position + done);
      }
    };
    const finished = writer.finish({ write });
    fsyncSync(descriptor);
    return finished;
  } finally {
    closeSync(descriptor);
  }
}

/** Raised when the same indicators are judged in another way. */
const RULES_VERSION = 1;

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

function absolute({ feed, location }: SourceLocation): SourceLocation {
  return { feed, location: isUrl(location) ? location : resolve(location) };
}
