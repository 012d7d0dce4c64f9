import { setImmediate } from "node:timers/promises";
import type { AdvisoryDatabase } from "@pratique/advisory";
import type { TreeEvent } from "@pratique/audit";
import { type Digest, messageOf, type ScanReport } from "@pratique/core";
import { rematch } from "@pratique/matching";
import { APPLIED_ADVISORIES, type JobRun, type Store } from "@pratique/store";
import type { Logger } from "pino";
import type { ServerJob } from "../server-jobs.ts";
import { applyDelta, type DeltaOutcome } from "./apply-delta.ts";
import { RememberingIndex } from "./remembering-index.ts";

/** Where the server finds advisories. */
export interface AdvisoryPlace {
  /** A directory as `pratique advisories update` fills it. */
  readonly directory: string;
  /** From which age on a source counts as stale. */
  readonly staleAfterMs?: number;
}

export interface RematcherOptions extends AdvisoryPlace {
  readonly store: Store;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: Logger;
  /** Writes into the server's own log. */
  readonly record: (event: TreeEvent) => Promise<unknown>;
}

async function askToRematch({ jobs }: Pick<Store, "jobs">): Promise<void> {
  await jobs.enqueue(REMATCH_JOB, null, ONE_AT_A_TIME);
}

/**
 * Has a server hold images against its advisories where a report has come that goes by older ones. Whoever stores the
 * report may have none, or have opened none yet.
 */
export async function rematchWhatIsDue(store: Pick<Store, "jobs" | "packages">): Promise<void> {
  if ((await store.packages.due(1)).length > 0) await askToRematch(store);
}

/** What all images of the store were held against last. */
interface Applied {
  readonly file: string;
  readonly revision: string;
  readonly builtAt: string;
}

/** A database of advisories, open. */
interface Opened extends Applied {
  readonly database: AdvisoryDatabase;
  readonly index: RememberingIndex;
}

/** The code that reads advisories is loaded where there are any. */
type AdvisoryModule = typeof import("@pratique/advisory");

/** The job that holds due images against the advisories of a server. */
export const REMATCH_JOB = "rematch";
/** One waits at a time, and one is run, by whichever server. */
const ONE_AT_A_TIME = { key: REMATCH_JOB, line: REMATCH_JOB };
const LOOK_EVERY_MS = 2_000;
const DUE_AT_ONCE = 50;

/**
 * Holds images against new advisories, without reading an image again and without waiting for its host. When the
 * database of advisories of this server is another one, a job adds what the new one says of packages that images have,
 * to those first that run; then it renews their reports, one by one. Killed at any moment, it goes on when it is begun
 * again; of several servers one does it.
 */
export class Rematcher {
  readonly #options: RematcherOptions;
  #advisory: AdvisoryModule | undefined;
  #opened: Opened | undefined;
  /** The file for which a job was asked last. */
  #asked: string | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: RematcherOptions) {
    this.#options = options;
  }

  /** For who does the jobs of the server: to be ended before this is closed. */
  get jobs(): readonly ServerJob[] {
    const failed = "images could not be held against new advisories";
    return [{ name: REMATCH_JOB, failed, handler: async (_, run) => await this.#run(run) }];
  }

  /** Looks for new advisories from now on. */
  start(): void {
    this.#look();
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#opened?.database[Symbol.dispose]();
  }

  /** Holds a report against the advisories of this server; undefined where it has none. */
  readonly judge = (report: ScanReport) => {
    const opened = this.#opened;
    return opened && { report: rematch(report, opened.index), advisoriesAt: opened.builtAt };
  };

  #look(): void {
    this.#ask().catch((thrown: unknown) => {
      this.#options.log.warn({ reason: messageOf(thrown) }, "the advisories of the server cannot be read");
    });
  }

  async #load(): Promise<AdvisoryModule> {
    this.#advisory ??= await import("@pratique/advisory");
    return this.#advisory;
  }

  /** Asks for a job where the database is another one, and once at the start: what was begun then goes on. */
  async #ask(): Promise<void> {
    const { store, directory } = this.#options;
    const advisory = await this.#load();
    const file = advisory.currentVersion(directory);
    if (file === undefined || file === this.#asked) return;
    await askToRematch(store);
    this.#asked = file;
  }

  async #run({ signal }: JobRun): Promise<void> {
    const { store, log } = this.#options;
    const opened = await this.#open();
    if (opened === undefined) return;
    while ((await store.packages.fill(this.#nowIso())) > 0) signal.throwIfAborted();
    const applied = await this.#applied();
    // Another server has newer ones, and does this by them.
    if (applied !== undefined && applied.builtAt > opened.builtAt) return;
    if (applied?.file !== opened.file) {
      const startedMs = performance.now();
      const outcome = await this.#apply(applied, opened, signal);
      const { file, revision, builtAt } = opened;
      await store.settings.documents.remember(APPLIED_ADVISORIES, { file, revision, builtAt });
      const took = Math.round(performance.now() - startedMs);
      log.info({ ...outcome, durationMs: took }, "images were held against new advisories");
      await this.#record(applied, opened, outcome);
    }
    await this.#renewDue(opened, signal);
  }

  /** Opens the database that is current, unless it is open. */
  async #open(): Promise<Opened | undefined> {
    const { directory, staleAfterMs, now } = this.#options;
    const advisory = await this.#load();
    const file = advisory.currentVersion(directory);
    if (file === undefined || file === this.#opened?.file) return this.#opened;
    const clock = (): Date => new Date(now());
    const database = advisory.openDatabase(directory, {
      clock,
      ...(staleAfterMs !== undefined && { staleAfterMs }),
    });
    const { revision, builtAt } = database;
    this.#opened?.database[Symbol.dispose]();
    this.#opened = { file, revision, builtAt, database, index: new RememberingIndex(database) };
    return this.#opened;
  }

  async #applied(): Promise<Applied | undefined> {
    const value: unknown = (await this.#options.store.settings.documents.find(APPLIED_ADVISORIES))?.value;
    if (typeof value !== "object" || value === null) return undefined;
    const { file, revision, builtAt } = value as Partial<Record<keyof Applied, unknown>>;
    if (typeof file !== "string" || typeof revision !== "string" || typeof builtAt !== "string")
      return undefined;
    return { file, revision, builtAt };
  }

  /** Undefined where nothing follows from the new database, or everything may. */
  async #apply(
    applied: Applied | undefined,
    opened: Opened,
    signal: AbortSignal,
  ): Promise<DeltaOutcome | undefined> {
    // Other dates, the same answers.
    if (applied?.revision === opened.revision) return undefined;
    const outcome = applied === undefined ? undefined : await this.#applyDelta(applied, opened, signal);
    if (outcome === undefined) await this.#renewAllOlder(opened);
    return outcome;
  }

  /** Undefined where the database from before is gone, or what differs cannot be told. */
  async #applyDelta(
    applied: Applied,
    opened: Opened,
    signal: AbortSignal,
  ): Promise<DeltaOutcome | undefined> {
    const { store, directory, now } = this.#options;
    const advisory = await this.#load();
    using before = advisory.openVersion(directory, applied.file, { clock: () => new Date(now()) });
    // With another program, the starter advisories may be others: the revision tells.
    if (before?.revision !== applied.revision) return undefined;
    const delta = await advisory.compareDatabases(
      advisory.pathOfVersion(directory, applied.file),
      advisory.pathOfVersion(directory, opened.file),
      signal,
    );
    if (delta.everything) return undefined;
    return await applyDelta({
      store,
      delta,
      before: new RememberingIndex(before),
      after: opened.index,
      beforeAt: applied.builtAt,
      afterAt: opened.builtAt,
      now: this.#nowIso(),
      signal,
    });
  }

  async #renewAllOlder({ builtAt }: Opened): Promise<void> {
    const { store } = this.#options;
    const older: Digest[] = [];
    await store.packages.eachImage(({ imageId, advisoriesAt }) => {
      if (advisoriesAt < builtAt) older.push(imageId);
    });
    if (older.length > 0) await store.packages.markDue(this.#nowIso(), older);
  }

  async #renewDue({ index, builtAt }: Opened, signal: AbortSignal): Promise<void> {
    const { store, log } = this.#options;
    for (;;) {
      const due = await store.packages.due(DUE_AT_ONCE);
      if (due.length === 0) return;
      for (const imageId of due) {
        signal.throwIfAborted();
        const options = { advisoriesAt: builtAt, at: this.#nowIso() };
        try {
          const isThere = await store.images.renew(imageId, (report) => rematch(report, index), options);
          if (!isThere) await store.packages.skip(imageId);
        } catch (thrown) {
          // One report that cannot be read keeps no other from being renewed; its host will send another one.
          log.error({ err: thrown, image: imageId }, "a report could not be renewed");
          await store.packages.skip(imageId);
        }
        await setImmediate();
      }
    }
  }

  async #record(
    applied: Applied | undefined,
    opened: Opened,
    outcome: DeltaOutcome | undefined,
  ): Promise<void> {
    await this.#options.record({
      class: "advisories",
      action: "advisories.applied",
      actor: { id: "server", kind: "system", method: "none" },
      stage: "fact",
      data: {
        revision: opened.revision,
        builtAt: opened.builtAt,
        before: applied?.revision ?? null,
        ...outcome,
      },
    });
  }

  #nowIso(): string {
    return new Date(this.#options.now()).toISOString();
  }
}
