import { messageOf } from "@pratique/core";
import { type Dispatcher, Pool } from "undici";
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
}

/** One exchange with the engine, its body not yet read. */
export interface Exchange {
  readonly status: number;
  readonly headers: Dispatcher.ResponseData["headers"];
  /** Rejects with an {@link EngineError}. Leaving the loop early breaks the connection. */
  readonly body: AsyncIterable<Uint8Array>;
}

const KEEP_ALIVE_MS = 60_000;
const MAX_CAUSES = 5;

/** Kept connections to one engine, and its failures in our words. */
export class Transport implements AsyncDisposable {
  readonly #address: EngineAddress;
  readonly #pool: Pool;

  constructor({ address, tls, connectTimeoutMs, maxConnections }: TransportOptions) {
    this.#address = address;
    this.#pool = new Pool(originOf(address), {
      connections: maxConnections,
      keepAliveTimeout: KEEP_ALIVE_MS,
      allowH2: false,
      connect: {
        timeout: connectTimeoutMs,
        ...(address.kind === "unix" && { socketPath: address.socketPath }),
        ...tls,
      },
    });
  }

  /** Sends a GET. Rejects with `ENGINE_UNREACHABLE`, `TIMED_OUT`, `ABORTED` or `ENGINE_MALFORMED`. */
  async get(path: string, signal: AbortSignal): Promise<Exchange> {
    try {
      return await this.#send(path, signal);
    } catch (thrown) {
      if (signal.aborted || !isStaleConnection(thrown)) throw this.#classify(thrown, signal);
    }
    try {
      return await this.#send(path, signal);
    } catch (thrown) {
      throw this.#classify(thrown, signal);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.destroy();
  }

  async #send(path: string, signal: AbortSignal): Promise<Exchange> {
    // Deadlines are the caller's: events may be silent for days.
    const { statusCode, headers, body } = await this.#pool.request({
      path,
      method: "GET",
      headers: { host: "engine", "user-agent": "pratique" },
      signal,
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    return { status: statusCode, headers, body: this.#guard(body, signal) };
  }

  async *#guard(
    body: Dispatcher.ResponseData["body"],
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for await (const chunk of body) {
        if (chunk instanceof Uint8Array) yield chunk;
      }
    } catch (thrown) {
      throw this.#classify(thrown, signal);
    } finally {
      // Without a listener, what the socket says to its own destruction would end the process.
      body.on("error", () => undefined).destroy();
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

function originOf(address: EngineAddress): string {
  if (address.kind === "unix") return "http://engine";
  return `${address.tls ? "https" : "http"}://${address.host}:${address.port}`;
}

/** A kept connection whose other end went away with an engine that was restarted. Asking again is harmless. */
function isStaleConnection(thrown: unknown): boolean {
  for (const code of errorCodes(thrown)) {
    if (code === "UND_ERR_SOCKET" || code === "ECONNRESET" || code === "EPIPE") return true;
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
    case "UND_ERR_CONNECT_TIMEOUT":
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
