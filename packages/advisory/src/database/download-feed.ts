import { GiB } from "@pratique/core";
import { type DownloadOptions, download, type HttpClient, HttpError, type Validators } from "@pratique/http";
import { AdvisoryError } from "../errors.ts";

/** The largest feed is about 250 MiB packed. */
const MAX_DOWNLOAD_BYTES = 2 * GiB;
const TOTAL_TIMEOUT_MS = 30 * 60_000;

export interface DownloadFeedOptions extends DownloadOptions {
  readonly http: HttpClient;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Fetches a feed into a new file. Undefined where the server says that it is in the state that the validators name.
 * Throws `SOURCE_UNREACHABLE` with the cause, or `BUILD_ABORTED`.
 */
export async function downloadFeed(
  url: string,
  { http, signal, ...options }: DownloadFeedOptions,
): Promise<Validators | undefined> {
  const request = {
    url,
    maxBytes: MAX_DOWNLOAD_BYTES,
    totalTimeoutMs: TOTAL_TIMEOUT_MS,
    ...(signal === undefined ? {} : { signal }),
  };
  try {
    const answer = await download(http, request, options);
    return answer.kind === "unchanged" ? undefined : answer.validators;
  } catch (cause) {
    if (!(cause instanceof HttpError)) throw cause;
    const code = cause.code === "ABORTED" ? "BUILD_ABORTED" : "SOURCE_UNREACHABLE";
    throw new AdvisoryError(code, cause.message, { cause });
  }
}
