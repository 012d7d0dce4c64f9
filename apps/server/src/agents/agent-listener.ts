import { createServer, Server as HttpsServer } from "node:https";
import type { TLSSocket } from "node:tls";
import { MAX_AGENT_BODY_BYTES } from "@pratique/api";
import { messageOf } from "@pratique/core";
import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from "fastify";
import { Binder, type BinderOptions, expectCallers, takeAnyKey } from "../bind.ts";
import type { Caller } from "../calls/caller.ts";
import type { Context } from "../context.ts";
import { ServerError } from "../errors.ts";
import { answerThrown, answerWithProblems } from "../problem-reply.ts";
import { RateLimit } from "../rate-limit.ts";
import type { BindRoutes } from "../routes/routes.ts";
import { AgentAuthentication } from "./agent-authentication.ts";
import { type AgentAuthority, isCertifyingDue } from "./agent-authority.ts";
import { AgentPeers } from "./agent-peers.ts";
import { CloneWatch, type RunLedger } from "./clone-watch.ts";
import { HostRegister } from "./host-register.ts";
import { bindJoining } from "./join-routes.ts";
import { OneByOne } from "./one-by-one.ts";
import { keepReadBuffersSmall } from "./small-read-buffers.ts";

export interface AgentListenerOptions {
  readonly host: string;
  /** 0 takes any that is free. */
  readonly port: number;
  readonly authority: AgentAuthority;
  readonly ledger: RunLedger;
  readonly whenCloned: "hear" | "refuse";
  /** Somebody is to be told, and nobody is waited for. */
  readonly onCloned: (host: string, because: string) => void;
  readonly calls: Omit<BinderOptions, "authenticate">;
  readonly routes: readonly BindRoutes[];
}

export interface AgentListener extends AsyncDisposable {
  readonly port: number;
}

/** A stranger sends a signing request, and nothing that is larger. */
const MAX_STRANGER_BODY_BYTES = 65_536;
const MAX_CONNECTIONS = 20_000;
const HANDSHAKE_TIMEOUT_MS = 10_000;
const HEADERS_TIMEOUT_MS = 15_000;
/** A report of 64 MiB over a slow line. */
const REQUEST_TIMEOUT_MS = 300_000;
const KEEP_ALIVE_MS = 75_000;
/** What agents are told to leave a connection open for, beyond the time from one sending to the next; they take off one. */
const KEPT_BEYOND_SECONDS = 3;
const JOINS_PER_MINUTE = 120;
/** How soon a server hears of an authority that another one made. */
const MAINTAIN_EVERY_MS = 300_000;

/**
 * Listens for agents: TLS 1.3, each with the certificate that it got when it joined. Who shows none may join, and
 * nothing else. Throws `ADDRESS_UNAVAILABLE`.
 */
export async function listenForAgents(
  context: Context,
  options: AgentListenerOptions,
): Promise<AgentListener> {
  await using started = new AsyncDisposableStack();
  const { authority, ledger } = options;
  const { identities } = context.store.fleet;
  const watch = new CloneWatch({
    ledger,
    onFirstUse: (host, serial) => identities.dropPrevious(host, serial),
  });
  const peers = new AgentPeers({ authority, watch });
  const register = started.use(
    await HostRegister.open({
      store: context.store,
      log: context.log,
      onChanged: (host) => changed(host).catch((thrown: unknown) => tell(context, thrown)),
    }),
  );
  async function changed(host: string): Promise<void> {
    const identity = await register.find(host);
    const joinedAt = Date.parse(identity?.joinedAt ?? "");
    const over = identity === undefined || identity.state === "revoked" || identity.state === "local";
    peers.end(host, ({ issuedAt }) => over || !(joinedAt <= issuedAt));
    await watch.refresh(host);
  }

  const app = await makeApp(context, { authority, peers });
  started.defer(() => app.close());
  const authentication = new AgentAuthentication({
    peers,
    register,
    watch,
    joinLimit: new RateLimit({ limit: JOINS_PER_MINUTE, windowMs: 60_000, elapsedMs: context.elapsedMs }),
    whenCloned: options.whenCloned,
    now: context.now,
    elapsedMs: context.elapsedMs,
    onCloned: async (caller, because) => {
      if (!(await identities.markCloned(caller.name))) return;
      await register.read(caller.name);
      await recordClone(context, caller, because);
      options.onCloned(caller.name, because);
    },
  });
  const binder = new Binder(app, {
    ...options.calls,
    authenticate: (endpoint, request) => authentication.authenticate(endpoint, request),
    admitsRefusal: (request) => authentication.admitsRefusal(request),
  });
  for (const bindRoutes of options.routes) bindRoutes(binder, context);
  bindJoining(binder, context, {
    authority,
    register,
    serialOf: (socket) => peers.at(socket)?.certificate.serial,
  });
  const port = await listen(app, options);
  started.defer(maintainWhileRunning(app, authority, context));
  const running = started.move();
  return { port, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

async function makeApp(
  context: Context,
  { authority, peers }: { readonly authority: AgentAuthority; readonly peers: AgentPeers },
): Promise<FastifyInstance> {
  const tls = {
    ...(await secureContextOf(authority)),
    requestCert: true,
    // Who has no certificate yet must be able to join; what is shown is checked by ourselves.
    rejectUnauthorized: false,
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    // Asked, and not given as a list: Node copies a list for each connection, and keeps it as long as that.
    ALPNCallback: ({ protocols }: { readonly protocols: readonly string[] }) =>
      protocols.includes("http/1.1") ? "http/1.1" : undefined,
  };
  const loggerInstance: FastifyBaseLogger = context.log;
  const app = fastify({
    serverFactory: (handler) => createServer(tls, handler),
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true }),
    frameworkErrors: (thrown, _request, reply) => answerThrown(thrown, reply),
    exposeHeadRoutes: false,
    forceCloseConnections: true,
    bodyLimit: MAX_AGENT_BODY_BYTES,
  });
  if (app.server instanceof HttpsServer) {
    app.server.maxConnections = MAX_CONNECTIONS;
    // A server that is made here is not given Fastify's own limits.
    app.server.headersTimeout = HEADERS_TIMEOUT_MS;
    app.server.requestTimeout = REQUEST_TIMEOUT_MS;
    app.server.keepAliveTimeout = KEEP_ALIVE_MS;
    keepReadBuffersSmall(app.server, HANDSHAKE_TIMEOUT_MS);
    app.server.on("secureConnection", (socket: TLSSocket) => peers.admit(socket));
  }
  answerWithProblems(app);
  takeAnyKey(app);
  expectCallers(app);
  // Who sends all the time keeps the connection; who has said what there was ends it: it takes as much as one that works.
  app.addHook("onSend", async (_request, reply) => {
    const seconds = Math.ceil(context.pace.betweenMs / 1000) + KEPT_BEYOND_SECONDS;
    reply.header("keep-alive", `timeout=${seconds}`);
  });
  const calls = new OneByOne();
  app.addHook("onRequest", async ({ raw }) => {
    await calls.turn();
    if (peers.at(raw.socket) !== undefined || raw.method === "GET") return;
    const length = Number(raw.headers["content-length"] ?? Number.NaN);
    if (!(length <= MAX_STRANGER_BODY_BYTES)) {
      throw new ServerError(
        "REQUEST_TOO_LARGE",
        "who shows no certificate sends a short request of known length",
      );
    }
  });
  return app;
}

async function secureContextOf(authority: AgentAuthority) {
  const { key, certificate } = await authority.certifyServer();
  return { key, cert: certificate, ca: authority.trustedPem, minVersion: "TLSv1.3" as const };
}

async function listen(app: FastifyInstance, { host, port }: AgentListenerOptions): Promise<number> {
  try {
    await app.listen({ host, port });
  } catch (cause) {
    throw new ServerError(
      "ADDRESS_UNAVAILABLE",
      `cannot listen for agents on port ${port}: ${messageOf(cause)}`,
      {
        cause,
      },
    );
  }
  const address = app.server.address();
  return address === null || typeof address === "string" ? port : address.port;
}

/** Certificates end while a server runs, and authorities follow one another. */
function maintainWhileRunning(app: FastifyInstance, authority: AgentAuthority, context: Context): () => void {
  let trusted = authority.trustedPem;
  let certifiedAt = context.now();
  const maintain = async () => {
    await authority.maintain();
    if (trusted === authority.trustedPem && !isCertifyingDue(certifiedAt, context.now())) return;
    trusted = authority.trustedPem;
    certifiedAt = context.now();
    if (app.server instanceof HttpsServer) app.server.setSecureContext(await secureContextOf(authority));
  };
  const timer = setInterval(() => {
    maintain().catch((thrown: unknown) => {
      context.log.error({ err: thrown }, "the authority for agents cannot be maintained");
    });
  }, MAINTAIN_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}

async function recordClone({ record }: Context, caller: Caller, because: string): Promise<void> {
  await record.append({
    class: "host",
    action: "host.cloned",
    actor: caller,
    subject: { kind: "host", id: caller.name },
    stage: "fact",
    call: null,
    decision: null,
    rule: null,
    outcome: null,
    data: { because },
  });
}

function tell({ log }: Context, thrown: unknown): void {
  log.error({ err: thrown }, "a change of a host cannot be followed");
}
