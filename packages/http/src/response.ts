import { parseJson } from "@pratique/core";
import type { Dispatcher } from "undici";
import { classifyFailure } from "./classify-failure.ts";
import { HttpError } from "./errors.ts";
import { describeUrl } from "./target.ts";

/** What a body may be, and what ends it. */
export interface BodyLimits {
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/**
 * One answer. The body can be read once; it holds a connection until it has been read to its end, abandoned
 * in a loop, or discarded.
 */
export class HttpResponse {
  /** Where the answer came from in the end. */
  readonly url: URL;
  readonly status: number;
  /** By lower-case name; repeated headers are joined with a comma. */
  readonly headers: ReadonlyMap<string, string>;
  /** The bytes as the server sent them. Rejects with `TOO_LARGE`, `INTERRUPTED`, `TIMED_OUT` or `ABORTED`. */
  readonly body: AsyncIterable<Uint8Array>;
  readonly #raw: Dispatcher.ResponseData;

  constructor(url: URL, raw: Dispatcher.ResponseData, limits: BodyLimits) {
    this.url = url;
    this.status = raw.statusCode;
    this.headers = headersOf(raw);
    this.#raw = raw;
    this.body = boundedBody(this, raw, limits);
  }

  async bytes(): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.body) chunks.push(chunk);
    return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
  }

  /** The body as UTF-8; what is not UTF-8 becomes U+FFFD. */
  async text(): Promise<string> {
    return new TextDecoder().decode(await this.bytes());
  }

  /** The body as JSON of unknown shape. Rejects with `MALFORMED`. */
  async json(): Promise<unknown> {
    const text = await this.text();
    try {
      return parseJson(text);
    } catch (cause) {
      throw new HttpError("MALFORMED", `expected JSON from ${describeUrl(this.url)}`, { cause });
    }
  }

  /** Gives the connection back, or breaks it where much is still to come. */
  async discard(): Promise<void> {
    // An error while throwing a body away changes nothing for anybody.
    await this.#raw.body.dump().catch(() => undefined);
  }
}

/** Throws `TOO_LARGE` where the server announces more than the limit. */
function checkAnnouncedLength(response: HttpResponse, maxBytes: number): void {
  const announced = Number(response.headers.get("content-length") ?? "0");
  if (announced > maxBytes) throw tooLarge(response.url, maxBytes);
}

async function* boundedBody(
  response: HttpResponse,
  { body }: Dispatcher.ResponseData,
  { maxBytes, signal }: BodyLimits,
): AsyncGenerator<Uint8Array, void, undefined> {
  let total = 0;
  try {
    checkAnnouncedLength(response, maxBytes);
    for await (const chunk of body) {
      if (!(chunk instanceof Uint8Array)) continue;
      total += chunk.byteLength;
      if (total > maxBytes) throw tooLarge(response.url, maxBytes);
      yield chunk;
    }
  } catch (thrown) {
    throw classifyFailure(thrown, describeUrl(response.url), signal);
  } finally {
    // Without a listener, what the socket says to its own destruction would end the process.
    body.on("error", () => undefined).destroy();
  }
}

function headersOf({ headers }: Dispatcher.ResponseData): ReadonlyMap<string, string> {
  const map = new Map<string, string>();
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined)
      map.set(name.toLowerCase(), typeof value === "string" ? value : value.join(", "));
  }
  return map;
}

function tooLarge(url: URL, maxBytes: number): HttpError {
  return new HttpError("TOO_LARGE", `answer from ${describeUrl(url)} is longer than ${maxBytes} bytes`);
}
