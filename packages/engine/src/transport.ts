import {
  Agent,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestOptions,
  request,
} from "node:http";
import type { Socket } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { messageOf } from "@pratique/core";
import { type EngineAddress, formatEngineAddress } from "./address.ts";
import { EngineError } from "./errors.ts";

/** Client certificate and trust for an engine behind TLS, in PEM. */
export interface EngineTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

export interface TransportOptions {
  readonly address: EngineAddress;
  readonly tls: EngineTls | undefined;
  readonly connectTimeoutMs: number;
  readonly maxConnections: number;
  /** Whether connections are kept from call to call; they are where it is absent. */
  readonly keepsConnections?: boolean;
}

/** One exchange with the engine, its body not yet read. */
export interface Exchange {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Rejects with an {@link EngineError}. Leaving the loop early breaks the connection. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** What is asked of the engine that changes something. */
export interface Order {
  readonly method: "POST" | "PUT" | "DELETE";
  readonly path: string;
  /** JSON, or a tar archive. */
  readonly body?: string | Iterable<Uint8Array>;
}

const MAX_CAUSES = 5;

/**
 * Kept connections to one engine, and its failures in our words. On Node's own client: it is there already, and a
 * library would be most of what the gate loads.
 */
export class Transport implements AsyncDisposable {
  readonly #address: EngineAddress;
  readonly #connectTimeoutMs: number;
  readonly #agent: Agent;
  #closed = false;

  constructor({ address, tls, connectTimeoutMs, maxConnections, keepsConnections = true }: TransportOptions) {
    this.#address = address;
    this.#connectTimeoutMs = connectTimeoutMs;
    const options = { keepAlive: keepsConnections, maxSockets: maxConnections };
    this.#agent = isTls(address) ? new (https().Agent)({ ...options, ...tls }) : new Agent(options);
  }

  /** Sends a GET. Rejects with `ENGINE_UNREACHABLE`, `TIMED_OUT`, `ABORTED` or `ENGINE_MALFORMED`. */
  async get(path: string, signal: AbortSignal): Promise<Exchange> {
    try {
      return await this.#send(path, signal);
    } catch (thrown) {
      if (signal.aborted || this.#closed || !isStaleConnection(thrown)) throw this.#classify(thrown, signal);
    }
    try {
      return await this.#send(path, signal);
    } catch (thrown) {
      throw this.#classify(thrown, signal);
    }
  }

  /** Sends an order, once: what it asks for may have been done although no answer came. Rejects as `get` does. */
  async send(order: Order, signal: AbortSignal): Promise<Exchange> {
    try {
      return await this.#send(order.path, signal, order);
    } catch (thrown) {
      throw this.#classify(thrown, signal);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#agent.destroy();
  }

  async #send(path: string, signal: AbortSignal, order?: Order): Promise<Exchange> {
    if (this.#closed) throw new Error("it was closed");
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const call = (isTls(this.#address) ? https().request : request)({
      ...targetOf(this.#address),
      path,
      method: order?.method ?? "GET",
      headers: { host: "engine", "user-agent": "pratique", ...(order !== undefined && headersOf(order)) },
      agent: this.#agent,
      // Deadlines are the caller's: events may be silent for days.
      signal,
    });
    call.once("response", resolve);
    // It stays: what a broken connection says after the answer has begun is told by the body as well.
    call.on("error", reject);
    call.once("socket", (socket) => this.#limitConnecting(socket));
    const { body } = order ?? {};
    if (body === undefined || typeof body === "string") call.end(body);
    else {
      // Where the archive cannot be sent, that is what is told, and nobody waits for the answer.
      promise.catch(() => undefined);
      await pipeline(Readable.from(body), call);
    }
    const message = await promise;
    return { status: message.statusCode ?? 0, headers: message.headers, body: this.#guard(message, signal) };
  }

  #limitConnecting(socket: Socket): void {
    if (!socket.connecting) return;
    const timer = setTimeout(() => socket.destroy(new ConnectTimeout()), this.#connectTimeoutMs);
    socket.once("connect", () => clearTimeout(timer));
    socket.once("close", () => clearTimeout(timer));
  }

  async *#guard(message: IncomingMessage, signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for await (const chunk of message) {
        if (chunk instanceof Uint8Array) yield chunk;
      }
    } catch (thrown) {
      throw this.#classify(thrown, signal);
    } finally {
      // Without a listener, what the socket says to its own destruction would end the process.
      message.on("error", () => undefined).destroy();
    }
  }

  #classify(thrown: unknown, signal: AbortSignal): EngineError {
    if (thrown instanceof EngineError) return thrown;
    const where = formatEngineAddress(this.#address);
    if (signal.aborted) {
      const timedOut = signal.reason instanceof Error && signal.reason.name === "TimeoutError";
      return timedOut
        ? new EngineError("TIMED_OUT", `engine at ${where} did not answer in time`, { cause: thrown })
        : new EngineError("ABORTED", `gave up on the engine at ${where}`, { cause: thrown });
    }
    const reason = unreachableReason(thrown);
    if (reason !== undefined) {
      return new EngineError("ENGINE_UNREACHABLE", `no engine at ${where}: ${reason}`, { cause: thrown });
    }
    return new EngineError("ENGINE_MALFORMED", `engine at ${where} broke off: ${messageOf(thrown)}`, {
      cause: thrown,
    });
  }
}

function headersOf({ body = "" }: Order): Readonly<Record<string, string | number>> {
  if (typeof body !== "string") return { "content-type": "application/x-tar" };
  const length = { "content-length": Buffer.byteLength(body) };
  return body === "" ? length : { ...length, "content-type": "application/json" };
}

class ConnectTimeout extends Error {
  readonly code = "ETIMEDOUT";
}

function isTls(address: EngineAddress): boolean {
  return address.kind === "tcp" && address.tls;
}

/** All of TLS, with the certificates of the system, is loaded only for an engine that is reached through it. */
function https(): typeof import("node:https") {
  return process.getBuiltinModule("node:https");
}

function targetOf(address: EngineAddress): RequestOptions {
  // Without a name for TLS, Node would look whether the host is an IP address, which takes longer than the call.
  return address.kind === "unix"
    ? { ...noServerName, socketPath: address.socketPath }
    : { ...(!address.tls && noServerName), host: address.host, port: address.port };
}

const noServerName = { servername: "" };

/** A kept connection whose other end went away with an engine that was restarted. Asking again is harmless. */
function isStaleConnection(thrown: unknown): boolean {
  for (const code of errorCodes(thrown)) {
    if (code === "ECONNRESET" || code === "EPIPE") return true;
  }
  return false;
}

function unreachableReason(thrown: unknown): string | undefined {
  for (const code of errorCodes(thrown)) {
    const reason = reasonOfCode(code);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

function reasonOfCode(code: string): string | undefined {
  switch (code) {
    case "ENOENT":
      return "the socket does not exist";
    case "EACCES":
    case "EPERM":
      return "permission denied on the socket";
    case "ECONNREFUSED":
      return "nothing listens there";
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return "the host's name is not known";
    case "EHOSTUNREACH":
    case "ENETUNREACH":
    case "ETIMEDOUT":
      return "the host does not answer";
    case "ENOTSOCK":
    case "ENOTDIR":
      return "it is not a socket";
    default:
      return /^(?:ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|EPROTO$)/u.test(code)
        ? `TLS failed (${code})`
        : undefined;
  }
}

function* errorCodes(thrown: unknown): Iterable<string> {
  let error = thrown;
  for (let depth = 0; depth < MAX_CAUSES && error instanceof Error; depth += 1) {
    if ("code" in error && typeof error.code === "string") yield error.code;
    error = error instanceof AggregateError ? error.errors[0] : error.cause;
  }
}
