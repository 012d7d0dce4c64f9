import { MiB, type Platform, parseJson } from "@pratique/core";
import { defaultEngineAddress, type EngineAddress } from "./address.ts";
import { collect, MAX_ERROR_BYTES, messageIn, pathOf, refused } from "./answer.ts";
import { type ApiVersion, formatApiVersion, isAtLeast, negotiate } from "./api-version.ts";
import {
  type EngineContainer,
  type EngineContainerSummary,
  readContainer,
  readContainerSummary,
} from "./container.ts";
import {
  type EngineInfo,
  type EnginePing,
  type EngineVersion,
  readInfo,
  readVersion,
} from "./engine-info.ts";
import { EngineError, type EngineErrorCode } from "./errors.ts";
import { type EngineEvent, readEvents } from "./events.ts";
import {
  type EngineHistoryStep,
  type EngineImage,
  type EngineImageSummary,
  readHistoryStep,
  readImage,
  readImageSummary,
} from "./image.ts";
import { JsonView } from "./json-view.ts";
import { type EngineTls, type Exchange, Transport } from "./transport.ts";
import { trimJson } from "./trim-json.ts";
import { type EngineVolume, readVolume } from "./volume.ts";

/** How deep the members of an item lie. */
const [IN_A_DOCUMENT, IN_A_LIST] = [1, 2];
const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_CONNECT_TIMEOUT_MS = 10_000;
const DEFAULT_MAX_BYTES = 32 * MiB;
const MAX_CONNECTIONS = 16;
/** From here on the engine can be told which platform of an image to export. */
const EXPORT_PLATFORM_SINCE: ApiVersion = { major: 1, minor: 48 };

export interface EngineOptions {
  /** `/var/run/docker.sock` by default. */
  readonly address?: EngineAddress;
  readonly tls?: EngineTls;
  /** For one call, its body included; streams are without a limit of time. */
  readonly timeoutMs?: number;
  readonly connectTimeoutMs?: number;
  /** Of one answer; streams are without a limit. */
  readonly maxBytes?: number;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** In place of the engine's own. */
  readonly timeoutMs?: number;
}

/** An answer of the engine as it came, for those who read it by a model of their own. */
export interface RawAnswer {
  readonly bytes: Uint8Array;
  readonly json: unknown;
}

export interface EventOptions {
  readonly signal: AbortSignal;
  /** Milliseconds since 1970: events from then on, the past ones first. */
  readonly sinceMs?: number;
  /** Milliseconds since 1970: the stream ends there. */
  readonly untilMs?: number;
  /** By the engine's filter names: `{ type: ["container"] }`. */
  readonly filters?: Readonly<Record<string, readonly string[]>>;
}

/**
 * The Docker Engine API as Pratique uses it: it asks, and changes nothing. Connections are kept, so that an
 * inspect costs about a millisecond. Every call rejects with an {@link EngineError}.
 */
export class Engine implements AsyncDisposable {
  readonly address: EngineAddress;
  readonly #calls: Transport;
  readonly #streams: Transport;
  readonly #timeoutMs: number;
  readonly #maxBytes: number;
  #apiVersion: ApiVersion | undefined;

  constructor(options: EngineOptions = {}) {
    this.address = options.address ?? defaultEngineAddress;
    this.#timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.#maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
    const transport = {
      address: this.address,
      tls: options.tls,
      connectTimeoutMs: options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS,
      maxConnections: MAX_CONNECTIONS,
    };
    this.#calls = new Transport(transport);
    // On connections of their own: sixteen exports must not keep an inspect waiting.
    this.#streams = new Transport(transport);
  }

  async ping(options: CallOptions = {}): Promise<EnginePing> {
    const signal = this.#deadline(options);
    const { status, headers, body } = await this.#calls.get("/_ping", signal);
    const text = new TextDecoder().decode(await collect(body, MAX_ERROR_BYTES));
    if (status !== 200) throw refused(status, text);
    return { apiVersion: String(headers["api-version"] ?? ""), osType: String(headers.ostype ?? "") };
  }

  async version(options?: CallOptions): Promise<EngineVersion> {
    return readVersion(await this.#json("/version", options));
  }

  async info(options?: CallOptions): Promise<EngineInfo> {
    return readInfo(await this.#json("/info", options));
  }

  /** Takes a name, a name with a digest, an id, or the beginning of one. Rejects with `IMAGE_NOT_FOUND`. */
  async inspectImage(reference: string, options?: CallOptions): Promise<EngineImage> {
    return readImage(await this.#json(`/images/${pathOf(reference)}/json`, options, "IMAGE_NOT_FOUND"));
  }

  /** Newest step first. Rejects with `IMAGE_NOT_FOUND`. */
  async imageHistory(reference: string, options?: CallOptions): Promise<readonly EngineHistoryStep[]> {
    const path = `/images/${pathOf(reference)}/history`;
    return (await this.#json(path, options, "IMAGE_NOT_FOUND")).list().map(readHistoryStep);
  }

  /** Long labels and long lists of names are cut. */
  async listImages(options?: CallOptions): Promise<readonly EngineImageSummary[]> {
    return (await this.#list("/images/json", options)).map(readImageSummary);
  }

  /** Rejects with `CONTAINER_NOT_FOUND`. */
  async inspectContainer(id: string, options?: CallOptions): Promise<EngineContainer> {
    const { json } = await this.inspectContainerRaw(id, options);
    return readContainer(new JsonView(json, "container"));
  }

  /** The same answer as it came. Rejects with `CONTAINER_NOT_FOUND`. */
  async inspectContainerRaw(id: string, options?: CallOptions): Promise<RawAnswer> {
    return this.#raw(`/containers/${pathOf(id)}/json`, options, "CONTAINER_NOT_FOUND");
  }

  /** Running ones only, unless `all` is set. Long labels are cut. */
  async listContainers(
    options: CallOptions & { readonly all?: boolean } = {},
  ): Promise<readonly EngineContainerSummary[]> {
    const path = `/containers/json?all=${options.all === true ? 1 : 0}`;
    return (await this.#list(path, options)).map(readContainerSummary);
  }

  /** Rejects with `VOLUME_NOT_FOUND`. */
  async inspectVolume(name: string, options?: CallOptions): Promise<EngineVolume> {
    return readVolume(await this.#json(`/volumes/${pathOf(name)}`, options, "VOLUME_NOT_FOUND"));
  }

  /** The answer as it came. Rejects with `NETWORK_NOT_FOUND`. */
  async inspectNetworkRaw(nameOrId: string, options?: CallOptions): Promise<RawAnswer> {
    return this.#raw(`/networks/${pathOf(nameOrId)}`, options, "NETWORK_NOT_FOUND");
  }

  /** A command in a container, as it came. Rejects with `EXEC_NOT_FOUND`. */
  async inspectExecRaw(id: string, options?: CallOptions): Promise<RawAnswer> {
    return this.#raw(`/exec/${pathOf(id)}/json`, options, "EXEC_NOT_FOUND");
  }

  /** A service of the swarm that the engine manages, as it came. Rejects with `SERVICE_NOT_FOUND`. */
  async inspectServiceRaw(nameOrId: string, options?: CallOptions): Promise<RawAnswer> {
    return this.#raw(`/services/${pathOf(nameOrId)}`, options, "SERVICE_NOT_FOUND");
  }

  /**
   * An image as an archive that `docker load` would take, as a stream. Ends early only by rejecting with
   * `ENGINE_MALFORMED`. The engine is told the platform where it can be. Rejects with `IMAGE_NOT_FOUND`.
   */
  async exportImage(
    reference: string,
    { signal, platform }: { readonly signal: AbortSignal; readonly platform?: Platform | undefined },
  ): Promise<AsyncIterable<Uint8Array>> {
    const version = await this.#negotiated({ signal });
    const named = platform !== undefined && isAtLeast(version, EXPORT_PLATFORM_SINCE);
    const query = named ? `?platform=${encodeURIComponent(JSON.stringify(platform))}` : "";
    return this.#stream(`/images/${pathOf(reference)}/get${query}`, signal, "IMAGE_NOT_FOUND");
  }

  /**
   * What a container sees as a tar, mounts left out, as a stream that ends as {@link Engine.exportImage} does. Rejects
   * with `CONTAINER_NOT_FOUND`.
   */
  async exportContainer(
    id: string,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<AsyncIterable<Uint8Array>> {
    return this.#stream(`/containers/${pathOf(id)}/export`, signal, "CONTAINER_NOT_FOUND");
  }

  /** What happens, as it happens. Ends when the engine does; whoever wants to go on asks again. */
  async *events({ signal, ...options }: EventOptions): AsyncGenerator<EngineEvent, void, undefined> {
    const query = new URLSearchParams();
    if (options.sinceMs !== undefined) query.set("since", (options.sinceMs / 1000).toFixed(3));
    if (options.untilMs !== undefined) query.set("until", (options.untilMs / 1000).toFixed(3));
    if (options.filters !== undefined) query.set("filters", JSON.stringify(options.filters));
    yield* readEvents(trimJson(await this.#stream(`/events?${query}`, signal), IN_A_DOCUMENT));
  }

  /** Breaks the connections that are left. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#calls[Symbol.asyncDispose](), this.#streams[Symbol.asyncDispose]()]);
  }

  async #json(path: string, options?: CallOptions, notFound?: EngineErrorCode): Promise<JsonView> {
    const { json } = await this.#raw(path, options, notFound);
    return new JsonView(json, path);
  }

  async #list(path: string, options: CallOptions = {}): Promise<readonly JsonView[]> {
    const { body } = await this.#ask(this.#calls, path, { signal: this.#deadline(options) });
    const bytes = await collect(trimJson(body, IN_A_LIST), this.#maxBytes);
    return new JsonView(parse(bytes, path), path).list();
  }

  async #raw(path: string, options: CallOptions = {}, notFound?: EngineErrorCode): Promise<RawAnswer> {
    const signal = this.#deadline(options);
    const exchange = await this.#ask(this.#calls, path, { signal, notFound });
    const bytes = await collect(exchange.body, this.#maxBytes);
    return { bytes, json: parse(bytes, path) };
  }

  async #stream(
    path: string,
    signal: AbortSignal,
    notFound?: EngineErrorCode,
  ): Promise<AsyncIterable<Uint8Array>> {
    return (await this.#ask(this.#streams, path, { signal, notFound })).body;
  }

  async #ask(
    transport: Transport,
    path: string,
    { signal, notFound }: { readonly signal: AbortSignal; readonly notFound?: EngineErrorCode | undefined },
  ): Promise<Exchange> {
    const version = await this.#negotiated({ signal });
    const exchange = await transport.get(`/v${formatApiVersion(version)}${path}`, signal);
    if (exchange.status === 200) return exchange;
    const message = messageIn(await collect(exchange.body, MAX_ERROR_BYTES));
    // An engine that was exchanged under us may not speak the version any more: ask it anew next time.
    if (exchange.status === 400) this.#apiVersion = undefined;
    if (exchange.status === 404 && notFound !== undefined) throw new EngineError(notFound, message);
    throw refused(exchange.status, message);
  }

  async #negotiated(options: CallOptions): Promise<ApiVersion> {
    this.#apiVersion ??= negotiate((await this.ping(options)).apiVersion);
    return this.#apiVersion;
  }

  #deadline({ signal, timeoutMs = this.#timeoutMs }: CallOptions): AbortSignal {
    const deadline = AbortSignal.timeout(timeoutMs);
    return signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
  }
}

function parse(bytes: Uint8Array, from: string): unknown {
  try {
    return parseJson(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new EngineError("ENGINE_MALFORMED", `expected JSON from ${from}`, { cause });
  }
}
