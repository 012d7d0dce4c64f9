import { mkdir, rm } from "node:fs/promises";
import { resolve } from "node:path";
import type { LocationLimits } from "@pratique/archive";
import { removeUnfinished, unfinishedPath } from "@pratique/dataset";
import type { HttpClient } from "@pratique/http";
import { AdvisoryError } from "../errors.ts";
import { findReader } from "../readers.ts";
import { type AssembledSource, assembleDatabase } from "./assemble.ts";
import { acquireBuildLock } from "./build-lock.ts";
import { withoutShards } from "./mirror-state.ts";
import { type PreviousDatabase, readPointerOrNothing, readPreviousIfSound } from "./previous.ts";
import { putInForce } from "./put-in-force.ts";
import { type BuildProgress, isUrl, readSource } from "./read-source.ts";
import type { SourceLocation, SourceRecord } from "./source-record.ts";
import { buildFailure } from "./sqlite-failure.ts";
import { Stage } from "./stage.ts";

export interface BuildOptions {
  /** Where databases live; made where it does not exist. */
  readonly directory: string;
  /** The providers and enrichers to read, each with a path or URL. A provider may be named several times. */
  readonly from: readonly SourceLocation[];
  readonly clock: () => Date;
  /** Needed for URLs only. */
  readonly http?: HttpClient;
  readonly onProgress?: (progress: BuildProgress) => void;
  readonly signal?: AbortSignal;
  /** How long to wait for another build, in milliseconds; by default not at all. */
  readonly lockWaitMs?: number;
  /** Leaves out the sources of the database before whose providers are not named now; else they are taken over. */
  readonly replace?: boolean;
  readonly limits?: Partial<LocationLimits>;
}

/** What a build has made. */
export interface BuildResult {
  readonly revision: string;
  readonly path: string;
  readonly bytes: number;
  /** Whether the answers differ from those of the database before. */
  readonly changed: boolean;
  readonly sources: readonly SourceRecord[];
  /** Sources that could not be read, and keep what the database before held of them. */
  readonly failures: readonly SourceFailure[];
  /** Why the database before could not be read, where it could not; nothing was taken over from it. */
  readonly previousDamage?: string;
}

/** A source that could not be read. */
export interface SourceFailure extends SourceLocation {
  readonly error: AdvisoryError;
}

/**
 * Builds a database from the sources named, and makes it the current one. What the build says of a provider replaces
 * all that the database before held of it; other providers are taken over unless `replace` is set.
 *
 * The database before stays as it is until the new one is complete and checked; a build that fails, or is killed at
 * any moment, changes nothing. Throws an {@link AdvisoryError} where any of the sources cannot be read.
 */
export async function buildDatabase(options: BuildOptions): Promise<BuildResult> {
  return withBuildDirectory(options, (previous) => {
    const from = options.from.map(absolute);
    if (from.length === 0) throw new AdvisoryError("SOURCES_MISSING", "no source to build from");
    for (const { provider } of from) findReader(provider);
    const named = new Set(from.map(({ provider }) => provider));
    const kept =
      options.replace === true
        ? []
        : (previous?.sources ?? []).filter(({ record }) => !named.has(record.provider));
    return [
      ...from.map((source) => ({ source, mayFail: false })),
      ...kept.map(({ record, id }) => ({ source: record, kept: { record, id } })),
    ];
  });
}

/** One source of the database to be, and what to do about it. */
export interface PlannedSource {
  readonly source: SourceLocation;
  /** What the database before holds of it. With `mayFail` absent it is taken over unread. */
  readonly kept?: { readonly id: number; readonly record: SourceRecord };
  /** Set where it is to be read: whether a failure leaves what is held, or ends the build. */
  readonly mayFail?: boolean;
}

/** Decides, under the lock, what the new database is made of. */
export type Planner = (previous: PreviousDatabase | undefined) => readonly PlannedSource[];

/** Runs one build from lock to pointer. Throws {@link AdvisoryError}s only. */
export async function withBuildDirectory(
  options: Omit<BuildOptions, "from" | "replace">,
  planner: Planner,
): Promise<BuildResult> {
  const directory = resolve(options.directory);
  try {
    await mkdir(directory, { recursive: true });
    using _lock = await acquireBuildLock(directory, {
      waitMs: options.lockWaitMs ?? 0,
      signal: options.signal,
    });
    await removeUnfinished(directory);
    const { previous, damage } = readPreviousIfSound(directory);
    const plan = planner(previous);
    const built = await build({ ...options, directory }, [...plan].sort(byName), previous);
    return { ...built, ...(damage === undefined ? {} : { previousDamage: damage }) };
  } catch (thrown) {
    throw buildFailure(thrown);
  }
}

/** Sources are numbered in this order, so that the same content has the same revision however it came about. */
function byName({ source: left }: PlannedSource, { source: right }: PlannedSource): number {
  const [one, other] = [`${left.provider} ${left.location}`, `${right.provider} ${right.location}`];
  return one < other ? -1 : Number(one > other);
}

async function build(
  options: Omit<BuildOptions, "from" | "replace">,
  plan: readonly PlannedSource[],
  previous: PreviousDatabase | undefined,
): Promise<BuildResult> {
  const { directory, onProgress = () => undefined } = options;
  const stagePath = unfinishedPath(directory, ".stage");
  const newPath = unfinishedPath(directory, ".sqlite");
  try {
    const { sources, failures, stage } = await readPlanned(plan, { ...options, onProgress, stagePath });
    using opened = stage;
    onProgress({ phase: "assembling" });
    const previousPath = sources.some(({ previousId }) => previousId !== undefined)
      ? previous?.path
      : undefined;
    const counts = assembleDatabase(newPath, { sources, stage: opened, stagePath, previousPath });
    onProgress({ phase: "checking" });
    const records = sources.map(({ record }) => record);
    const mirror = readPointerOrNothing(directory)?.mirror;
    const { revision, path, bytes } = await putInForce(newPath, {
      directory,
      counts,
      sources: records,
      mirror: mirror === undefined ? undefined : withoutShards(mirror),
      signal: options.signal,
    });
    const changed = previous?.revision !== revision;
    return { revision, path, bytes, changed, sources: records, failures };
  } finally {
    await rm(stagePath, { force: true });
    await rm(newPath, { force: true });
  }
}

interface ReadPlannedOptions extends Omit<BuildOptions, "from" | "replace"> {
  readonly onProgress: (progress: BuildProgress) => void;
  readonly stagePath: string;
}

interface Planned {
  readonly sources: readonly AssembledSource[];
  readonly failures: readonly SourceFailure[];
  readonly stage: Stage;
}

async function readPlanned(plan: readonly PlannedSource[], options: ReadPlannedOptions): Promise<Planned> {
  const stage = new Stage(options.stagePath);
  const sources: AssembledSource[] = [];
  const failures: SourceFailure[] = [];
  try {
    for (const planned of plan) {
      const { source, kept, mayFail } = planned;
      try {
        const found =
          mayFail === undefined ? undefined : await readOne(planned, stage, sources.length + 1, options);
        if (found !== undefined) sources.push({ record: found });
        else if (kept !== undefined) sources.push(unchanged(kept, mayFail === undefined, options.clock));
      } catch (thrown) {
        stage.discardSource(sources.length + 1);
        const error = buildFailure(thrown);
        if (mayFail !== true || error.code === "DISK_FULL" || error.code === "BUILD_ABORTED") throw error;
        failures.push({ provider: source.provider, location: source.location, error });
        if (kept !== undefined) sources.push({ record: kept.record, previousId: kept.id });
      }
    }
    if (sources.length === 0) throw failures[0]?.error ?? new AdvisoryError("SOURCES_MISSING", "no source");
    stage.finish();
    return { sources, failures, stage };
  } catch (thrown) {
    stage[Symbol.dispose]();
    throw thrown;
  }
}

async function readOne(
  { source, kept }: PlannedSource,
  stage: Stage,
  number: number,
  options: ReadPlannedOptions,
): Promise<SourceRecord | undefined> {
  const { directory, clock, http, signal, limits, onProgress } = options;
  const previous = kept?.record;
  const { provider, location } = source;
  return readSource(
    { provider, location },
    { directory, stage, number, clock, http, signal, limits, onProgress, previous },
  );
}

/** Data that the server has just called unchanged are as fresh as data that were read just now. */
function unchanged(
  { id, record }: { readonly id: number; readonly record: SourceRecord },
  unread: boolean,
  clock: () => Date,
): AssembledSource {
  const builtAt = unread ? record.builtAt : clock().toISOString();
  return { record: { ...record, builtAt }, previousId: id };
}

function absolute({ provider, location }: SourceLocation): SourceLocation {
  return { provider, location: isUrl(location) ? location : resolve(location) };
}
