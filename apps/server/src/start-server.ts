import { mkdirSync } from "node:fs";
import { Server as HttpsServer } from "node:https";
import { isIP } from "node:net";
import path from "node:path";
import { createSignInLink } from "@pratique/api";
import { type AuditSink, messageOf } from "@pratique/core";
import { openStore, type Store } from "@pratique/store";
import type { FastifyInstance } from "fastify";
import { type Logger, pino } from "pino";
import { authenticateBySession } from "./authenticate.ts";
import type { BinderOptions } from "./bind.ts";
import { runRecorded } from "./calls/call-record.ts";
import { logIntoSink } from "./calls/sink-log.ts";
import { indexStore } from "./calls/store-resource-index.ts";
import { type CertificateOptions, ensureCertificate } from "./certificate.ts";
import type { Context } from "./context.ts";
import { ServerError } from "./errors.ts";
import { EventStreams } from "./event-streams.ts";
import { listenPrivately } from "./private-socket.ts";
import { makePublicApp } from "./public-app.ts";
import { createLink } from "./sign-in.ts";
import { makeSocketApp, operator } from "./socket-app.ts";

const CERTIFICATE_CHECK_MS = 86_400_000;

export interface ServerOptions {
  /** Holds `pratique.sqlite` and `tls/`; made with mode 0700 where it is missing. */
  readonly directory: string;
  /** The Unix socket on which the agent is heard. */
  readonly socketPath: string;
  /** The built console; without it only the API is served. */
  readonly consoleDirectory?: string;
  /** The address to listen on; 127.0.0.1 where it is absent. */
  readonly host?: string;
  /** Names and addresses by which browsers call the server besides its own and those of loopback. */
  readonly names?: readonly string[];
  /** 8443 where it is absent; 0 takes any that is free. */
  readonly port?: number;
  readonly audit: AuditSink;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Where the server tells of its own failures; nowhere where it is absent. */
  readonly log?: Logger;
  readonly version: string;
}

export interface RunningServer {
  /** `https://127.0.0.1:8443`. */
  readonly url: string;
  /** Makes a link that signs in to the console, once, within 15 minutes. */
  createSignInLink(): Promise<string>;
  /** Ends all connections, event streams too, and closes the store. */
  close(): Promise<void>;
}

/**
 * Starts the server: the console and its API over TLS, and the agent's socket. Throws ServerError where it cannot
 * listen, StoreError where the store cannot be opened.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  await using started = new AsyncDisposableStack();
  makeDirectory(options.directory);
  const host = options.host ?? "127.0.0.1";
  const store = await openStore({ file: path.join(options.directory, "pratique.sqlite") });
  started.defer(() => store.close());

  let port = options.port ?? 8443;
  const context = contextOf(options, store, () => `https://${authority(host, port)}`);
  const { log, record, now } = context;
  const certificate: CertificateOptions = {
    directory: path.join(options.directory, "tls"),
    names: [...new Set(["localhost", "127.0.0.1", "::1", host, ...(options.names ?? [])])],
    now,
  };
  const calls: Omit<BinderOptions, "authenticate"> = {
    index: indexStore(store),
    record,
    answers: { take: async () => "taken", keep: async () => undefined, release: async () => undefined },
    desk: () => {
      throw new ServerError("NOT_FOUND", "nothing waits for a second person yet");
    },
  };
  const { app } = await makePublicApp(context, {
    identity: await ensureCertificate(certificate),
    consoleDirectory: options.consoleDirectory,
    hosts: () => new Set(certificate.names.map((name) => authority(name, port))),
    loopback: isLoopback(host),
    calls: { ...calls, authenticate: authenticateBySession(store, now) },
  });
  started.defer(() => app.close());
  port = await listen(app, host, port);
  started.defer(renewWhileRunning(app, certificate, log));

  const socketApp = makeSocketApp(context, calls);
  started.defer(() => socketApp.close());
  await listenPrivately(socketApp, options.socketPath);

  const running = started.move();
  return {
    url: context.origin(),
    createSignInLink: async () => {
      const call = { endpoint: createSignInLink, caller: operator, subject: null, decision: undefined };
      const nothing = { params: {}, query: {}, body: {} };
      return await runRecorded(record, { ...call, ...nothing }, async () => (await createLink(context)).url);
    },
    close: () => running.disposeAsync(),
  };
}

function contextOf(options: ServerOptions, store: Store, origin: () => string): Context {
  const { audit, now, log = pino({ level: "silent" }), version } = options;
  return {
    store,
    record: logIntoSink(audit),
    streams: new EventStreams(store, log),
    isStillIn: async () => true,
    now,
    log,
    version,
    origin,
  };
}

function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new ServerError("DIRECTORY_UNUSABLE", `no directory could be made: ${messageOf(cause)}`, { cause });
  }
}

async function listen(app: FastifyInstance, host: string, port: number): Promise<number> {
  try {
    await app.listen({ host, port });
  } catch (cause) {
    throw new ServerError(
      "ADDRESS_UNAVAILABLE",
      `cannot listen on ${JSON.stringify(authority(host, port))}: ${messageOf(cause)}`,
      { cause },
    );
  }
  const address = app.server.address();
  return address === null || typeof address === "string" ? port : address.port;
}

/** A server may run for longer than its certificate is good for. */
function renewWhileRunning(app: FastifyInstance, certificate: CertificateOptions, log: Logger): () => void {
  const renew = async () => {
    const identity = await ensureCertificate(certificate);
    if (app.server instanceof HttpsServer) app.server.setSecureContext(identity);
  };
  const timer = setInterval(() => {
    renew().catch((thrown: unknown) => log.error({ err: thrown }, "the certificate cannot be renewed"));
  }, CERTIFICATE_CHECK_MS);
  timer.unref();
  return () => clearInterval(timer);
}

function authority(name: string, port: number): string {
  return `${isIP(name) === 6 ? `[${name}]` : name}:${port}`;
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}
