import { type ClientRequest, Agent as HttpAgent, type IncomingMessage, request } from "node:http";
import { Agent as HttpsAgent, request as requestTls } from "node:https";
import { AGENT_RUN_HEADER } from "@pratique/api";
import { MiB } from "@pratique/core";
import { AgentError } from "../errors.ts";
import type { HostIdentity } from "./identity-file.ts";
import { checkServerCertificate, whyUnreachable } from "./server-trust.ts";

const MAX_CONNECTIONS = 6;
const SILENCE_MS = 10_000;
/**
 * How long a connection is kept that nothing is sent on, where the server does not ask for less (RFC 2068, 19.7.1.1). No
 * call waits for just so long: Node would leave it the time of the connection.
 */
const KEPT_MS = 60_000;
/** Policies of a whole fleet, and rules, longer than a host puts in force. */
const MAX_REPLY_BYTES = 160 * MiB;

/** How the server is reached. */
export type ServerLink =
  | { readonly kind: "socket"; readonly path: string }
  | { readonly kind: "tls"; readonly identity: HostIdentity };

export interface ServerCall {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  /** The server may be silent for so long, in milliseconds; 10 s where it is absent. */
  readonly silenceMs?: number;
  readonly signal?: AbortSignal;
}

export interface ServerReply {
  readonly status: number;
  readonly body: string;
}

/** Kept connections to the server: a Unix socket on its own machine, mutual TLS from any other. */
export class ServerConnection implements Disposable {
  readonly #run: string;
  #link: ServerLink;
  #agent: HttpAgent;

  /** `run` says which start of this agent calls: 128 random bits in hex. */
  constructor(link: ServerLink, run: string) {
    this.#run = run;
    this.#link = link;
    this.#agent = agentFor(link);
  }

  /** Goes on with another certificate. Connections with the one before end first: it must not be heard any more. */
  renew(identity: HostIdentity): void {
    this.#agent.destroy();
    this.#link = { kind: "tls", identity };
    this.#agent = agentFor(this.#link);
  }

  /**
   * Every call may be repeated: it is, once, where a kept connection had gone, and whenever the one that it waits on is
   * given up for another certificate. Rejects with `SERVER_UNREACHABLE`.
   */
  async exchange(call: ServerCall): Promise<ServerReply> {
    const text = call.body === undefined ? undefined : JSON.stringify(call.body);
    for (let mayBeStale = true; ; ) {
      const link = this.#link;
      try {
        return await this.#send(call, text);
      } catch (cause) {
        const wasStale: boolean = mayBeStale && isStale(cause);
        if (call.signal?.aborted === true || !(wasStale || link !== this.#link)) throw unreachable(cause);
        mayBeStale = mayBeStale && !wasStale;
      }
    }
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }

  async #send(call: ServerCall, text: string | undefined): Promise<ServerReply> {
    const { promise, resolve, reject } = Promise.withResolvers<ServerReply>();
    const sent = this.#open(call, text, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on("error", reject);
      response.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size > MAX_REPLY_BYTES) response.destroy(new Error("the reply is too long"));
        else chunks.push(chunk);
      });
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString("utf8") }),
      );
    });
    sent.on("error", (cause) => reject(sent.reusedSocket ? new StaleConnection(cause) : cause));
    sent.on("timeout", () => sent.destroy(new Error("it does not answer")));
    sent.end(text);
    return await promise;
  }

  #open(
    call: ServerCall,
    text: string | undefined,
    onReply: (reply: IncomingMessage) => void,
  ): ClientRequest {
    const { method, path, signal, silenceMs = SILENCE_MS } = call;
    const options = {
      method,
      path,
      agent: this.#agent,
      timeout: silenceMs,
      headers: {
        [AGENT_RUN_HEADER]: this.#run,
        ...(text !== undefined && {
          "content-type": "application/json",
          "content-length": Buffer.byteLength(text),
        }),
      },
      ...(signal !== undefined && { signal }),
    };
    if (this.#link.kind === "socket") return request({ ...options, socketPath: this.#link.path }, onReply);
    const { hostname, port } = new URL(this.#link.identity.url);
    return requestTls({ ...options, hostname: withoutBrackets(hostname), port: port || 443 }, onReply);
  }
}

/** A kept connection that the server had closed meanwhile. */
class StaleConnection extends Error {
  override readonly name = "StaleConnection";

  constructor(cause: Error) {
    super(cause.message, { cause });
  }
}

function isStale(thrown: unknown): boolean {
  if (!(thrown instanceof StaleConnection) || !(thrown.cause instanceof Error)) return false;
  const code = "code" in thrown.cause ? thrown.cause.code : "";
  return code === "ECONNRESET" || code === "EPIPE";
}

function agentFor(link: ServerLink): HttpAgent {
  const options = { keepAlive: true, maxSockets: MAX_CONNECTIONS, timeout: KEPT_MS };
  if (link.kind === "socket") return new HttpAgent(options);
  const { key, certificate, authorities } = link.identity;
  return new HttpsAgent({
    ...options,
    key,
    cert: certificate,
    ca: authorities,
    minVersion: "TLSv1.3",
    checkServerIdentity: checkServerCertificate,
    // A handshake each time: what the server knows of us may be another by then.
    maxCachedSessions: 0,
  });
}

/** `[::1]` as a URL has it is `::1` for a socket. */
function withoutBrackets(hostname: string): string {
  return hostname.replace(/^\[(?<address>.*)\]$/u, "$<address>");
}

function unreachable(cause: unknown): AgentError {
  return new AgentError("SERVER_UNREACHABLE", `the server cannot be reached: ${whyUnreachable(cause)}`, {
    cause,
  });
}
