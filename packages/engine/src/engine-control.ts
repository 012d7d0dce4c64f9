import { MiB } from "@pratique/core";
import { defaultEngineAddress, type EngineAddress } from "./address.ts";
import { collect, MAX_ERROR_BYTES, messageIn, pathOf, refused } from "./answer.ts";
import { type ApiVersion, formatApiVersion, negotiate } from "./api-version.ts";
import { EngineError, type EngineErrorCode } from "./errors.ts";
import { JsonView } from "./json-view.ts";
import { type EngineTls, type Exchange, Transport } from "./transport.ts";

const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_CONNECT_TIMEOUT_MS = 10_000;
const MAX_CONNECTIONS = 8;
/** Whoever is in a container chooses how many files it changes. */
const MAX_CHANGES_BYTES = 8 * MiB;

export interface EngineControlOptions {
  /** `/var/run/docker.sock` by default. */
  readonly address?: EngineAddress;
  readonly tls?: EngineTls;
  /** For one call whose caller gives no signal of its own. */
  readonly timeoutMs?: number;
}

export interface StopOptions {
  /** For so long the container may end by itself; the engine kills it then. */
  readonly graceSeconds: number;
  readonly signal?: AbortSignal;
}

/** What a container changed in its file system since it was made. */
export interface EngineChange {
  readonly path: string;
  readonly kind: "changed" | "added" | "removed";
}

/** How a container takes part in a network, as the engine's inspect shows it; given back to join it again. */
export interface EngineEndpoint {
  /** Id of the network, or its name. */
  readonly network: string;
  /** JSON of an `EndpointSettings`. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/**
 * What changes containers, apart from {@link Engine}, which only asks. Calls are sent once. Where the engine says that
 * things already are as asked, that is success. Every call rejects with an {@link EngineError}.
 */
export class EngineControl implements AsyncDisposable {
  readonly #transport: Transport;
  readonly #timeoutMs: number;
  #apiVersion: ApiVersion | undefined;

  constructor(options: EngineControlOptions = {}) {
    this.#timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.#transport = new Transport({
      address: options.address ?? defaultEngineAddress,
      tls: options.tls,
      connectTimeoutMs: DEFAULT_CONNECT_TIMEOUT_MS,
      maxConnections: MAX_CONNECTIONS,
    });
  }

  async pause(id: string, signal?: AbortSignal): Promise<void> {
    await this.#change(`/containers/${pathOf(id)}/pause`, { signal, alike: /already paused/iu });
  }

  async unpause(id: string, signal?: AbortSignal): Promise<void> {
    await this.#change(`/containers/${pathOf(id)}/unpause`, { signal, alike: /not paused/iu });
  }

  /** One that is stopped already is left alone. */
  async stop(id: string, { graceSeconds, signal }: StopOptions): Promise<void> {
    await this.#change(`/containers/${pathOf(id)}/stop?t=${Math.ceil(graceSeconds)}`, { signal });
  }

  /** Sends SIGKILL; a container that is paused dies as well. One that does not run is left alone. */
  async kill(id: string, signal?: AbortSignal): Promise<void> {
    await this.#change(`/containers/${pathOf(id)}/kill`, { signal, alike: /not running/iu });
  }

  async start(id: string, signal?: AbortSignal): Promise<void> {
    await this.#change(`/containers/${pathOf(id)}/start`, { signal });
  }

  /** `no`, `always`, `unless-stopped` or `on-failure`. */
  async setRestartPolicy(
    id: string,
    { name, maximumRetries }: { readonly name: string; readonly maximumRetries: number },
    signal?: AbortSignal,
  ): Promise<void> {
    const body = { RestartPolicy: { Name: name, MaximumRetryCount: maximumRetries } };
    await this.#change(`/containers/${pathOf(id)}/update`, { signal, body });
  }

  /** Takes a container out of a network, whether it runs or not. */
  async disconnect(id: string, network: string, signal?: AbortSignal): Promise<void> {
    const body = { Container: id, Force: true };
    await this.#change(`/networks/${pathOf(network)}/disconnect`, {
      signal,
      body,
      alike: /is not connected to/iu,
    });
  }

  async connect(id: string, { network, settings }: EngineEndpoint, signal?: AbortSignal): Promise<void> {
    const body = { Container: id, EndpointConfig: settings };
    await this.#change(`/networks/${pathOf(network)}/connect`, {
      signal,
      body,
      alike: /already exists in network/iu,
    });
  }

  /** Rejects with `CONTAINER_NOT_FOUND`. */
  async changes(id: string, signal?: AbortSignal): Promise<readonly EngineChange[]> {
    const deadline = this.#deadline(signal);
    const path = `/containers/${pathOf(id)}/changes`;
    const exchange = await this.#transport.get(`${await this.#prefix(deadline)}${path}`, deadline);
    if (exchange.status !== 200) throw await this.#failureOf(exchange);
    const bytes = await collect(exchange.body, MAX_CHANGES_BYTES);
    return parse(bytes, path).list().map(readChange);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#transport[Symbol.asyncDispose]();
  }

  async #change(path: string, { signal, body, alike }: Change): Promise<void> {
    const deadline = this.#deadline(signal);
    const order = {
      method: "POST",
      path: `${await this.#prefix(deadline)}${path}`,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    } as const;
    const exchange = await this.#transport.send(order, deadline);
    if ([200, 204, 304].includes(exchange.status)) {
      await collect(exchange.body, MAX_ERROR_BYTES);
      return;
    }
    const failure = await this.#failureOf(exchange);
    if (alike?.test(failure.message) !== true) throw failure;
  }

  async #failureOf({ status, body }: Exchange): Promise<EngineError> {
    const message = messageIn(await collect(body, MAX_ERROR_BYTES));
    if (status === 400) this.#apiVersion = undefined;
    const code: EngineErrorCode | undefined = status === 404 ? notFoundCode(message) : undefined;
    return code === undefined ? refused(status, message) : new EngineError(code, message);
  }

  async #prefix(signal: AbortSignal): Promise<string> {
    this.#apiVersion ??= await this.#negotiated(signal);
    return `/v${formatApiVersion(this.#apiVersion)}`;
  }

  async #negotiated(signal: AbortSignal): Promise<ApiVersion> {
    const { status, headers, body } = await this.#transport.get("/_ping", signal);
    const text = new TextDecoder().decode(await collect(body, MAX_ERROR_BYTES));
    if (status !== 200) throw refused(status, text);
    return negotiate(String(headers["api-version"] ?? ""));
  }

  #deadline(signal: AbortSignal | undefined): AbortSignal {
    return signal ?? AbortSignal.timeout(this.#timeoutMs);
  }
}

interface Change {
  readonly signal: AbortSignal | undefined;
  readonly body?: Readonly<Record<string, unknown>>;
  /** What the engine says where there is nothing to change. */
  readonly alike?: RegExp;
}

/** The engine answers 404 for a network and for a container alike. */
function notFoundCode(message: string): EngineErrorCode {
  return /^network /iu.test(message) ? "NETWORK_NOT_FOUND" : "CONTAINER_NOT_FOUND";
}

function parse(bytes: Uint8Array, path: string): JsonView {
  try {
    return new JsonView(JSON.parse(new TextDecoder().decode(bytes)), path);
  } catch (cause) {
    throw new EngineError("ENGINE_MALFORMED", `expected JSON from ${path}`, { cause });
  }
}

const kinds = ["changed", "added", "removed"] as const;

function readChange(view: JsonView): EngineChange {
  const kind = kinds[view.at("Kind").number()];
  if (kind === undefined) {
    throw new EngineError("ENGINE_MALFORMED", "expected a kind of change from 0 to 2");
  }
  return { path: view.at("Path").requiredString(), kind };
}
