import { rm } from "node:fs/promises";
import { basename } from "node:path";
import type { LocationLimits } from "@pratique/archive";
import { unfinishedPath } from "@pratique/dataset";
import type { HttpClient } from "@pratique/http";
import { AdvisoryError } from "../errors.ts";
import { visitSource } from "../location/visit-source.ts";
import { findReader } from "../readers.ts";
import { downloadFeed } from "./download-feed.ts";
import type { SourceLocation, SourceRecord } from "./source-record.ts";
import { SourceSink } from "./source-sink.ts";
import type { Stage } from "./stage.ts";

/** How far a build has come. */
export interface BuildProgress {
  readonly phase: "downloading" | "reading" | "assembling" | "checking";
  /** The source at hand, while there is one. */
  readonly source?: SourceLocation;
  /** Bytes of it so far. */
  readonly bytes?: number;
  /** How many there are; absent where nobody has said. */
  readonly totalBytes?: number;
}

export interface ReadSourceOptions {
  readonly directory: string;
  readonly stage: Stage;
  /** The source's number in the database. */
  readonly number: number;
  readonly clock: () => Date;
  readonly http?: HttpClient | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly limits?: Partial<LocationLimits> | undefined;
  readonly onProgress: (progress: BuildProgress) => void;
  /** What the database before knows of this source, so that an unchanged one need not be fetched again. */
  readonly previous?: SourceRecord | undefined;
}

/** Whether a location is an address rather than a path. */
export function isUrl(location: string): boolean {
  return /^https?:\/\//iu.test(location);
}

/**
 * Reads one source into the stage. Undefined where its server says that nothing has changed.
 *
 * Throws `SOURCE_EMPTY` where it holds no record at all: the wrong provider, the wrong file, or a feed that has moved.
 */
export async function readSource(
  source: SourceLocation,
  options: ReadSourceOptions,
): Promise<SourceRecord | undefined> {
  if (!isUrl(source.location)) return readFiles(source, source.location, options);
  const { http, directory, previous, signal, onProgress } = options;
  if (http === undefined) {
    throw new AdvisoryError("SOURCE_UNREACHABLE", `no network for ${JSON.stringify(source.location)}`);
  }
  const path = unfinishedPath(directory, ".download");
  try {
    const answer = await downloadFeed(source.location, {
      path,
      http,
      signal,
      validators: isCurrent(previous) ? previous : {},
      onBytes: (bytes, totalBytes) =>
        onProgress({
          phase: "downloading",
          source,
          bytes,
          ...(totalBytes !== undefined && { totalBytes }),
        }),
    });
    if (answer === undefined) return undefined;
    const record = await readFiles(source, path, options);
    return { ...record, ...answer };
  } finally {
    await rm(path, { force: true });
  }
}

/** A newer provider may read more from the same bytes. */
function isCurrent(previous: SourceRecord | undefined): previous is SourceRecord {
  return previous !== undefined && previous.providerVersion === findReader(previous.provider).version;
}

const PROGRESS_EVERY_BYTES = 1024 * 1024;

async function readFiles(
  source: SourceLocation,
  path: string,
  { stage, number, clock, signal, limits, onProgress }: ReadSourceOptions,
): Promise<SourceRecord> {
  const reader = findReader(source.provider);
  const sink = new SourceSink(stage, number);
  const builtAt = clock().toISOString();
  let bytes = 0;
  let shownBytes = 0;
  onProgress({ phase: "reading", source, bytes });
  const onBytes = (more: number): void => {
    bytes += more;
    if (bytes - shownBytes < PROGRESS_EVERY_BYTES) return;
    shownBytes = bytes;
    onProgress({ phase: "reading", source, bytes });
  };
  const wants = (name: string): boolean => reader.wants(name);
  // A download lies under a name of ours; what it is, is told by the name that it had.
  const name = isUrl(source.location) ? basename(new URL(source.location).pathname) : undefined;
  await visitSource(path, { name, wants, limits, signal, onBytes }, (file) => reader.read(file, sink));
  stage.finishSource(number);
  const { entries, advisories, enrichments, samples } = sink;
  if (entries === 0 || advisories + enrichments === 0) {
    throw new AdvisoryError(
      "SOURCE_EMPTY",
      `${reader.name} found nothing in ${JSON.stringify(source.location)}${firstSample(samples)}`,
    );
  }
  return {
    ...source,
    providerVersion: reader.version,
    builtAt,
    entries,
    advisories,
    malformed: sink.malformedEntries,
    ignored: sink.ignoredEntries,
    samples,
    bytes,
  };
}

function firstSample(samples: readonly { readonly where: string; readonly reason: string }[]): string {
  const [first] = samples;
  return first === undefined ? "" : `: ${first.where}: ${first.reason}`;
}
