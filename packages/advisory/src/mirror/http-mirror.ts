import { type HttpClient, HttpError, type HttpRequest, type HttpResponse } from "@pratique/http";
import { AdvisoryError, type AdvisoryErrorCode } from "../errors.ts";
import { type Blob, MAX_MANIFEST_BYTES } from "./manifest.ts";
import { BLOBS, type BlobRest, blobName, MANIFEST_NAME, type Mirror } from "./mirror.ts";

const BLOB_TIMEOUT_MS = 30 * 60_000;

interface ReadOptions {
  readonly offset: number;
  readonly signal?: AbortSignal | undefined;
}

/** A mirror of files behind a web server. */
export class HttpMirror implements Mirror {
  readonly location: string;
  readonly #http: HttpClient;

  constructor(location: string, http: HttpClient) {
    this.location = location;
    this.#http = http;
  }

  async readManifest(signal?: AbortSignal): Promise<string> {
    try {
      const response = await this.#http.request({
        url: this.#url(MANIFEST_NAME),
        maxBytes: MAX_MANIFEST_BYTES,
        headers: { "cache-control": "no-cache" },
        ...(signal === undefined ? {} : { signal }),
      });
      return await response.text();
    } catch (thrown) {
      throw mirrorFailure(thrown);
    }
  }

  async readBlob(blob: Blob, { offset, signal }: ReadOptions): Promise<BlobRest> {
    const request: HttpRequest = {
      url: this.#url(`${BLOBS}/${blobName(blob.digest)}`),
      maxBytes: blob.bytes,
      totalTimeoutMs: BLOB_TIMEOUT_MS,
      // RFC 9110 section 14.2. What it names never changes, so no condition is needed.
      ...(offset > 0 ? { headers: { range: `bytes=${offset}-` } } : {}),
      ...(signal === undefined ? {} : { signal }),
    };
    try {
      const response = await this.#http.request(request);
      return { offset: beginningOf(response, offset), chunks: translated(response.body) };
    } catch (thrown) {
      throw mirrorFailure(thrown);
    }
  }

  #url(path: string): URL {
    const base = this.location.endsWith("/") ? this.location : `${this.location}/`;
    const url = URL.parse(path, base);
    if (url === null) {
      throw new AdvisoryError("MIRROR_UNREACHABLE", `expected a URL, found ${JSON.stringify(this.location)}`);
    }
    return url;
  }
}

/** Where a part begins is for the server to say (RFC 9110 section 14.4); one that says something else gives the whole. */
function beginningOf({ status, headers }: HttpResponse, asked: number): number {
  if (status !== 206) return 0;
  const found = /^bytes (?<first>\d{1,15})-/u.exec(headers.get("content-range") ?? "")?.groups?.first;
  if (found !== undefined && Number(found) === asked) return asked;
  throw new AdvisoryError("MIRROR_DAMAGED", `expected bytes from ${asked} on, found another part`);
}

async function* translated(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } catch (thrown) {
    throw mirrorFailure(thrown);
  }
}

function mirrorFailure(thrown: unknown): unknown {
  if (!(thrown instanceof HttpError)) return thrown;
  const code = codeOf(thrown);
  return new AdvisoryError(code, `the mirror cannot be read: ${thrown.message}`, { cause: thrown });
}

function codeOf({ code, status }: HttpError): AdvisoryErrorCode {
  if (code === "ABORTED") return "BUILD_ABORTED";
  if (code === "TOO_LARGE") return "MIRROR_DAMAGED";
  return status === 404 || status === 410 ? "MIRROR_MISSING" : "MIRROR_UNREACHABLE";
}
