import { setTimeout as wait } from "node:timers/promises";
import { rootCertificates } from "node:tls";
import { MiB } from "@pratique/core";
import { classifyFailure } from "./classify-failure.ts";
import { type ConnectionOptions, Dispatchers } from "./dispatchers.ts";
import { HttpError } from "./errors.ts";
import { HttpResponse } from "./response.ts";
import { isIdempotent, isRetriedStatus, parseRetryAfter, type RetryPolicy, retryDelayMs } from "./retry.ts";
import { describeUrl, followRedirect, type HttpMethod, isRedirect, parseUrl, type Target } from "./target.ts";

const DEFAULTS = {
  totalTimeoutMs: 120_000,
  idleTimeoutMs: 30_000,
  connectTimeoutMs: 10_000,
  maxBytes: 64 * MiB,
  maxRedirects: 5,
  maxConnectionsPerOrigin: 8,
} as const;
const DEFAULT_RETRY: RetryPolicy = {
  maxRetries: 3,
  baseDelayMs: 500,
  maxDelayMs: 10_000,
  maxRetryAfterMs: 60_000,
};
const DEFAULT_USER_AGENT = "pratique";

/** What a client needs from outside, and the limits that hold for each of its requests unless they say else. */
export interface HttpClientOptions extends Partial<ConnectionOptions> {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** A number from 0 up to 1. */
  readonly random: () => number;
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<unknown>;
  /** From the first try to the last byte of the body, waits included. */
  readonly totalTimeoutMs?: number;
  /** Without a byte from the server. */
  readonly idleTimeoutMs?: number;
  readonly maxBytes?: number;
  readonly maxRedirects?: number;
  readonly retry?: Partial<RetryPolicy>;
  readonly userAgent?: string;
}

/** One request. */
export interface HttpRequest {
  readonly url: string | URL;
  readonly method?: HttpMethod;
  /** `authorization` and `cookie` are sent to the origin of `url` only, whatever redirects say. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  readonly signal?: AbortSignal;
  readonly totalTimeoutMs?: number;
  readonly idleTimeoutMs?: number;
  readonly maxBytes?: number;
  /** Statuses that are an answer to this request besides 2xx; others reject with `STATUS`. */
  readonly acceptStatuses?: readonly number[];
}

/** The one way out over HTTP: with limits, deadlines, redirects that leak nothing, and patient retries. */
export class HttpClient implements AsyncDisposable {
  readonly #now: () => number;
  readonly #random: () => number;
  readonly #sleep: (ms: number, signal: AbortSignal) => Promise<unknown>;
  readonly #limits: { totalTimeoutMs: number; idleTimeoutMs: number; maxBytes: number; maxRedirects: number };
  readonly #retry: RetryPolicy;
  readonly #userAgent: string;
  readonly #dispatchers: Dispatchers;

  constructor(options: HttpClientOptions) {
    this.#now = options.now;
    this.#random = options.random;
    this.#sleep = options.sleep ?? ((ms, signal) => wait(ms, undefined, { signal }));
    this.#limits = {
      totalTimeoutMs: options.totalTimeoutMs ?? DEFAULTS.totalTimeoutMs,
      idleTimeoutMs: options.idleTimeoutMs ?? DEFAULTS.idleTimeoutMs,
      maxBytes: options.maxBytes ?? DEFAULTS.maxBytes,
      maxRedirects: options.maxRedirects ?? DEFAULTS.maxRedirects,
    };
    this.#retry = { ...DEFAULT_RETRY, ...options.retry };
    this.#userAgent = options.userAgent ?? DEFAULT_USER_AGENT;
    this.#dispatchers = new Dispatchers(
      {
        ...options,
        connectTimeoutMs: options.connectTimeoutMs ?? DEFAULTS.connectTimeoutMs,
        maxConnectionsPerOrigin: options.maxConnectionsPerOrigin ?? DEFAULTS.maxConnectionsPerOrigin,
      },
      rootCertificates,
    );
  }

  /**
   * Sends a request, follows redirects and tries idempotent requests again where that can help. Rejects with
   * an {@link HttpError}. The caller reads or discards the body.
   */
  async request(request: HttpRequest): Promise<HttpResponse> {
    const first = this.#targetOf(request);
    const deadline = AbortSignal.timeout(request.totalTimeoutMs ?? this.#limits.totalTimeoutMs);
    const signal = request.signal === undefined ? deadline : AbortSignal.any([request.signal, deadline]);
    for (let attempt = 0; ; attempt += 1) {
      const outcome = await this.#attempt(first, request, signal);
      if (outcome instanceof HttpResponse) return outcome;
      await this.#waitBeforeRetry(first, outcome, { attempt, signal });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#dispatchers[Symbol.asyncDispose]();
  }

  #targetOf({ url, method = "GET", headers = {}, body }: HttpRequest): Target {
    const standard = { "user-agent": this.#userAgent, "accept-encoding": "identity" };
    return { url: parseUrl(url), method, headers: { ...standard, ...headers }, body };
  }

  /** The answer, or the error of one try. */
  async #attempt(
    first: Target,
    request: HttpRequest,
    signal: AbortSignal,
  ): Promise<HttpResponse | HttpError> {
    try {
      const response = await this.#follow(first, request, signal);
      if (isWanted(response.status, request.acceptStatuses)) return response;
      await response.discard();
      return this.#statusError(response);
    } catch (thrown) {
      return classifyFailure(thrown, describeUrl(first.url), signal);
    }
  }

  async #follow(first: Target, request: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
    let target = first;
    for (let redirects = 0; ; redirects += 1) {
      const response = await this.#send(target, request, signal);
      if (!isRedirect(response.status)) return response;
      await response.discard();
      if (redirects >= this.#limits.maxRedirects) {
        throw new HttpError(
          "REDIRECT_REFUSED",
          `more than ${redirects} redirects from ${describeUrl(first.url)}`,
        );
      }
      target = followRedirect(target, response.status, response.headers.get("location"));
    }
  }

  async #send(target: Target, request: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
    const idleTimeoutMs = request.idleTimeoutMs ?? this.#limits.idleTimeoutMs;
    try {
      await this.#dispatchers.checkProxied(target.url);
      const raw = await this.#dispatchers.for(target.url).request({
        origin: target.url.origin,
        path: `${target.url.pathname}${target.url.search}`,
        method: target.method,
        headers: target.headers,
        body: target.body ?? null,
        signal,
        headersTimeout: idleTimeoutMs,
        bodyTimeout: idleTimeoutMs,
      });
      return new HttpResponse(target.url, raw, {
        maxBytes: request.maxBytes ?? this.#limits.maxBytes,
        signal,
      });
    } catch (thrown) {
      throw classifyFailure(thrown, describeUrl(target.url), signal);
    }
  }

  #statusError({ status, url, headers }: HttpResponse): HttpError {
    const retryAfterMs = parseRetryAfter(headers.get("retry-after"), this.#now());
    return new HttpError("STATUS", `status ${status} from ${describeUrl(url)}`, {
      status,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    });
  }

  /** Returns when the next try is due; throws the error where there is to be none. */
  async #waitBeforeRetry(
    target: Target,
    error: HttpError,
    { attempt, signal }: { readonly attempt: number; readonly signal: AbortSignal },
  ): Promise<void> {
    if (!isIdempotent(target.method) || !isWorthRetrying(error)) throw error;
    const { retryAfterMs } = error;
    const delayMs = retryDelayMs(this.#retry, attempt, { retryAfterMs, random: this.#random });
    if (delayMs === undefined) throw error;
    try {
      await this.#sleep(delayMs, signal);
    } catch (thrown) {
      throw classifyFailure(thrown, describeUrl(target.url), signal);
    }
  }
}

function isWanted(status: number, accepted: readonly number[] = []): boolean {
  return (status >= 200 && status < 300) || accepted.includes(status);
}

/** A closed port or an unknown name is an answer; a connection that broke may have been bad luck. */
function isWorthRetrying({ code, status }: HttpError): boolean {
  return code === "INTERRUPTED" || (status !== undefined && isRetriedStatus(status));
}
