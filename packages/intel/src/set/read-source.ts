import { rm, stat } from "node:fs/promises";
import { basename } from "node:path";
import type { LocationLimits } from "@pratique/archive";
import { GiB } from "@pratique/core";
import { unfinishedPath } from "@pratique/dataset";
import { download, type HttpClient } from "@pratique/http";
import { IntelError } from "../errors.ts";
import type { Feed, FeedSink } from "../feeds/feed.ts";
import { feedFailure } from "../location/feed-failure.ts";
import { visitFeed } from "../location/visit-feed.ts";
import { type SourceLocation, type SourceRecord, shownLocation } from "./source-record.ts";

/** How far an update has come. */
export interface UpdateProgress {
  readonly phase: "downloading" | "reading" | "keeping" | "writing";
  readonly source?: SourceLocation;
  /** Bytes of it so far. */
  readonly bytes?: number;
  /** How many there are; absent where nobody has said. */
  readonly totalBytes?: number;
}

export interface ReadSourceOptions {
  readonly directory: string;
  readonly feed: Feed;
  readonly sink: FeedSink;
  readonly http: HttpClient | undefined;
  readonly credentials: (origin: string) => Readonly<Record<string, string>>;
  readonly signal: AbortSignal | undefined;
  readonly limits: Partial<LocationLimits> | undefined;
  readonly onProgress: (progress: UpdateProgress) => void;
  /** What is known of the source, so that an unchanged one need not be read again. */
  readonly previous: SourceRecord | undefined;
}

/** What a source in this state is recognised by the next time. */
export type SourceState = Pick<SourceRecord, "etag" | "lastModified" | "state" | "stamp">;

const MAX_DOWNLOAD_BYTES = GiB;
const TOTAL_TIMEOUT_MS = 15 * 60_000;

/** Whether a location is an address rather than a path. */
export function isUrl(location: string): boolean {
  return /^https?:\/\//iu.test(location);
}

/**
 * Reads one source into the sink. Undefined where nothing has changed since it was read; then the sink is left alone.
 * Throws {@link IntelError}s only.
 */
export async function readSource(
  source: SourceLocation,
  options: ReadSourceOptions,
): Promise<SourceState | undefined> {
  try {
    if (!isUrl(source.location)) return await readFile(source, options);
    const url = URL.parse(source.location);
    if (url === null)
      throw new IntelError("FEED_UNREACHABLE", `no URL: ${JSON.stringify(shownLocation(source.location))}`);
    return options.feed.isService?.(url) === true
      ? await readService(source, url, options)
      : await readDownload(source, url, options);
  } catch (thrown) {
    throw feedFailure(thrown, shownLocation(source.location));
  }
}

async function readFile(
  source: SourceLocation,
  options: ReadSourceOptions,
): Promise<SourceState | undefined> {
  const found = await stat(source.location);
  // A directory tells nothing of the files in it.
  const stamp = found.isFile() ? `${found.size} ${Math.trunc(found.mtimeMs)}` : undefined;
  if (stamp !== undefined && options.previous?.stamp === stamp) return undefined;
  await readFiles(source, source.location, {
    ...options,
    totalBytes: found.isFile() ? found.size : undefined,
  });
  return stamp === undefined ? {} : { stamp };
}

async function readDownload(
  source: SourceLocation,
  url: URL,
  options: ReadSourceOptions,
): Promise<SourceState | undefined> {
  const { directory, credentials, previous, signal, onProgress } = options;
  const path = unfinishedPath(directory, ".download");
  try {
    const answer = await download(
      httpOf(options),
      {
        url,
        headers: credentials(url.origin),
        maxBytes: MAX_DOWNLOAD_BYTES,
        totalTimeoutMs: TOTAL_TIMEOUT_MS,
        ...(signal !== undefined && { signal }),
      },
      {
        path,
        validators: previous,
        onBytes: (bytes, totalBytes) =>
          onProgress({
            phase: "downloading",
            source,
            bytes,
            ...(totalBytes !== undefined && { totalBytes }),
          }),
      },
    );
    if (answer.kind === "unchanged") return undefined;
    await readFiles(source, path, { ...options, name: basename(url.pathname), totalBytes: answer.bytes });
    return answer.validators;
  } finally {
    await rm(path, { force: true });
  }
}

async function readService(
  source: SourceLocation,
  url: URL,
  options: ReadSourceOptions,
): Promise<SourceState | undefined> {
  const { feed, sink, credentials, previous, signal, onProgress } = options;
  let bytes = 0;
  const state = await feed.fetch?.(
    url,
    {
      http: httpOf(options),
      credentials,
      state: previous?.state,
      signal,
      onBytes: (more) => {
        bytes += more;
        onProgress({ phase: "downloading", source, bytes });
      },
    },
    (file) => feed.read(file, sink),
  );
  return state === undefined ? undefined : { state };
}

interface ReadFilesOptions extends ReadSourceOptions {
  readonly name?: string;
  readonly totalBytes: number | undefined;
}

async function readFiles(source: SourceLocation, path: string, options: ReadFilesOptions): Promise<void> {
  const { feed, sink, signal, limits, onProgress, name, totalBytes } = options;
  let bytes = 0;
  const tell = (): void =>
    onProgress({ phase: "reading", source, bytes, ...(totalBytes !== undefined && { totalBytes }) });
  tell();
  const onBytes = (more: number): void => {
    bytes += more;
    tell();
  };
  const wants = (found: string): boolean => feed.wants(found);
  await visitFeed(path, { name, wants, limits, signal, onBytes }, (file) => feed.read(file, sink));
}

function httpOf({ http }: ReadSourceOptions): HttpClient {
  if (http !== undefined) return http;
  throw new IntelError("FEED_UNREACHABLE", "no network");
}
