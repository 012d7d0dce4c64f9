import { open } from "node:fs/promises";
import { GiB } from "@pratique/core";
import { type HttpClient, HttpError, requestIfChanged, type Validators } from "@pratique/http";
import { AdvisoryError } from "../errors.ts";

/** The largest feed is about 250 MiB packed. */
const MAX_DOWNLOAD_BYTES = 2 * GiB;
const TOTAL_TIMEOUT_MS = 30 * 60_000;

export interface DownloadOptions {
  readonly http: HttpClient;
  readonly validators: Validators;
  readonly signal?: AbortSignal | undefined;
  /** Told how many bytes have arrived in all, and how many are to come where the server says so. */
  readonly onBytes: (bytes: number, totalBytes: number | undefined) => void;
}

/**
 * Fetches a feed into a new file. Undefined where the server says that it is in the state that the validators name.
 * Throws `SOURCE_UNREACHABLE` with the cause, or `BUILD_ABORTED`.
 */
export async function download(
  url: string,
  path: string,
  { http, validators, signal, onBytes }: DownloadOptions,
): Promise<Validators | undefined> {
  try {
    const answer = await requestIfChanged(
      http,
      {
        url,
        maxBytes: MAX_DOWNLOAD_BYTES,
        totalTimeoutMs: TOTAL_TIMEOUT_MS,
        ...(signal === undefined ? {} : { signal }),
      },
      known(validators),
    );
    if (answer.kind === "unchanged") return undefined;
    const { body, headers } = answer.response;
    const totalBytes = announcedBytes(headers.get("content-length"));
    await save(body, path, (bytes) => onBytes(bytes, totalBytes));
    return answer.validators;
  } catch (cause) {
    if (!(cause instanceof HttpError)) throw cause;
    const code = cause.code === "ABORTED" ? "BUILD_ABORTED" : "SOURCE_UNREACHABLE";
    throw new AdvisoryError(code, cause.message, { cause });
  }
}

function known({ etag, lastModified }: Validators): Validators {
  return {
    ...(etag === undefined ? {} : { etag }),
    ...(lastModified === undefined ? {} : { lastModified }),
  };
}

/** RFC 9110 section 8.6. It is shown and nothing else: what a server says of itself bounds nothing. */
function announcedBytes(contentLength: string | undefined): number | undefined {
  return contentLength !== undefined && /^\d{1,15}$/u.test(contentLength) ? Number(contentLength) : undefined;
}

async function save(
  body: AsyncIterable<Uint8Array>,
  path: string,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    let bytes = 0;
    for await (const chunk of body) {
      await file.write(chunk);
      bytes += chunk.length;
      onBytes(bytes);
    }
  } finally {
    await file.close();
  }
}
