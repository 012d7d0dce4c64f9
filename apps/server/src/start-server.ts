import { mkdirSync } from "node:fs";
import { Server as HttpsServer } from "node:https";
import { hostname } from "node:os";
import path from "node:path";
import { createSignInLink } from "@pratique/api";
import { messageOf } from "@pratique/core";
import { openStore, type StoreOptions } from "@pratique/store";
import type { FastifyInstance } from "fastify";
import { type Logger, pino } from "pino";
import { type StartedAgents, startAgents } from "./agents/start-agents.ts";
import { ServerLog } from "./audit/server-log.ts";
import type { Binder, BinderOptions } from "./bind.ts";
import { runRecorded } from "./calls/call-record.ts";
import { rememberSealed } from "./calls/sealed-answers.ts";
import { indexStore } from "./calls/store-resource-index.ts";
import { type CertificateOptions, endOf, ensureCertificate, type TlsIdentity } from "./certificate.ts";
import { ServerError } from "./errors.ts";
import { openBus } from "./ingest/open-bus.ts";
import { startTakingIn } from "./ingest/start-taking-in.ts";
import { takeIn } from "./ingest/take-in.ts";
import { makeContext } from "./make-context.ts";
import { authority, isLoopback, ownHosts, ownNames, ownOrigin, thisMachine } from "./own-names.ts";
import { listenPrivately } from "./private-socket.ts";
import { makePublicApp } from "./public-app.ts";
import { openSealing, ownKey } from "./sealing/open-sealing.ts";
import { startJobs } from "./server-jobs.ts";
import type { ServerOptions } from "./server-options.ts";
import { DailyJobs } from "./settings/daily-jobs.ts";
import { createOperatorLink } from "./sign-in.ts";
import { makeSocketApp, operator } from "./socket-app.ts";
import { Telemetry } from "./telemetry/telemetry.ts";
import type { Tracing } from "./telemetry/tracing.ts";

/** Cheap, and a certificate of a clock that was ahead is good to nobody. */
const CERTIFICATE_CHECK_MS = 3_600_000;
/** One reads while the server itself writes and answers: as many cores as the smallest server has. */
const READER_THREADS = 1;

export interface RunningServer {
  /** `https://127.0.0.1:8443`. */
  readonly url: string;
  /** `https://127.0.0.1:8444`; undefined where agents are not listened for. */
  readonly agentsUrl: string | undefined;
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
  const named = { host, names: options.names ?? [], publicUrl: options.publicUrl };
  const machine = thisMachine();
  const telemetry = started.use(new Telemetry(await tracingOf(options)));
  const store = await openStore(databaseOf(options), {
    query: (query) => telemetry.query(query),
    job: async (name, run) => await telemetry.job(name, run),
  });
  started.defer(() => store.close());
  const { sealer } = started.use(
    await openSealing({
      records: store.settings.keyRecords,
      key: options.keys?.current ?? ownKey(options.directory),
      former: options.keys?.former ?? [],
      now: () => new Date(options.now()),
    }),
  );

  const { log: logger = pino({ level: "silent" }), now: clock, elapsedMs, version, witnesses = [] } = options;
  const alone = "file" in databaseOf(options);
  const ledger = started.use(
    await ServerLog.open({
      store,
      sealer,
      alone,
      directory: path.join(options.directory, "audit"),
      keyFile: options.auditKeyFile,
      witnesses,
      witnessCertificates: options.witnessCertificates,
      now: clock,
      elapsedMs,
      log: logger,
      version,
    }),
  );

  const names = ownNames(named, machine);
  const certificate: CertificateOptions = {
    directory: path.join(options.directory, "tls"),
    names,
    now: clock,
  };
  const makeIdentity = options.tls ?? (async () => await ensureCertificate(certificate));
  let identity = await makeIdentity();
  const identityOf = async () => {
    identity = await makeIdentity();
    return identity;
  };

  let port = options.port ?? 8443;
  const origin = () => ownOrigin(named, machine, port);
  const bus = await openBus(options.bus ?? {}, { store, ledger, origin, now: clock, elapsedMs, log: logger });
  started.use(startTakingIn(bus, takeIn({ store, ledger, log: logger, now: clock }), logger));

  let binder: Binder | undefined;
  let agents: StartedAgents | undefined;
  const { context, authenticator, reads } = makeContext(options, {
    store,
    alone,
    sealer,
    ledger,
    bus,
    telemetry,
    origin,
    address: () => ownOrigin({ ...named, publicUrl: undefined }, machine, port),
    certificateEndsAt: () => endOf(identity),
    agents: () => agents,
    perform: async (id, input, as) => await binder?.perform(id, input, as),
  });
  started.use(context.oidc);
  started.use(reads);
  const { log, record, now } = context;
  const calls: Omit<BinderOptions, "authenticate"> = {
    index: indexStore(store),
    record,
    answers: rememberSealed({ people: store.people, sealer, now }),
    desk: context.desk,
    telemetry,
    refused: (caller, because) => authenticator.refused(caller, because),
  };
  const publicApp = await makePublicApp(context, {
    identity,
    consoleDirectory: options.consoleDirectory,
    hosts: () => ownHosts(names, { port, publicUrl: named.publicUrl }),
    loopback: isLoopback(host),
    trustedProxies: options.trustedProxies ?? [],
    calls: {
      ...calls,
      authenticate: async (endpoint, request) =>
        endpoint.permission === "registry"
          ? context.pushes.admit(request.ip)
          : await authenticator.authenticate(endpoint, request),
    },
  });
  binder = publicApp.binder;
  const { app } = publicApp;
  started.defer(() => app.close());
  port = await listen(app, host, port);
  started.defer(renewWhileRunning(app, identityOf, log));

  const socketApp = makeSocketApp(context, calls);
  started.defer(() => socketApp.close());
  await listenPrivately(socketApp, options.socketPath);

  if (options.agents !== undefined) {
    agents = started.use(await startAgents(context, { agents: options.agents, calls }));
  }

  await context.servers.start();
  started.defer(() => context.servers.close());
  context.exports.start();
  started.defer(() => context.exports.close());
  context.notifier.start();
  started.defer(() => context.notifier.close());
  context.rematcher?.start();
  started.defer(() => context.rematcher?.close());
  context.registryWork?.start();
  started.defer(() => context.registryWork?.close());
  context.policyGaps.start();
  started.defer(() => context.policyGaps.close());
  const daily = started.use(new DailyJobs({ store, now, log }));
  await daily.start();
  const parts = [context.rematcher, context.policyGaps, context.layerDifferences, daily];
  started.use(
    startJobs(
      parts.flatMap((part) => part?.jobs ?? []),
      { store, now, log },
    ),
  );

  const running = started.move();
  return {
    url: ownOrigin({ ...named, publicUrl: undefined }, machine, port),
    agentsUrl: agents?.url(),
    createSignInLink: async () => {
      const call = { endpoint: createSignInLink, caller: operator, subject: null, decision: undefined };
      const nothing = { params: {}, query: {}, body: {} };
      return await runRecorded(
        record,
        { ...call, ...nothing },
        async () => (await createOperatorLink(context)).url,
      );
    },
    close: () => running.disposeAsync(),
  };
}

/** Where the store is: a file of the server's own where nothing else is said. */
export function databaseOf({
  directory,
  database,
}: Pick<ServerOptions, "directory" | "database">): StoreOptions {
  return database ?? { file: path.join(directory, "pratique.sqlite"), readerThreads: READER_THREADS };
}

/** The code of tracing is loaded where it is asked for. */
async function tracingOf({ otlpEndpoint, version }: ServerOptions): Promise<Tracing | undefined> {
  if (otlpEndpoint === undefined) return undefined;
  const { openTracing } = await import("./telemetry/open-tracing.ts");
  return openTracing({ endpoint: otlpEndpoint, version, instance: hostname() });
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
function renewWhileRunning(
  app: FastifyInstance,
  identityOf: () => Promise<TlsIdentity>,
  log: Logger,
): () => void {
  const renew = async () => {
    const identity = await identityOf();
    if (app.server instanceof HttpsServer) app.server.setSecureContext(identity);
  };
  const timer = setInterval(() => {
    renew().catch((thrown: unknown) => log.error({ err: thrown }, "the certificate cannot be renewed"));
  }, CERTIFICATE_CHECK_MS);
  timer.unref();
  return () => clearInterval(timer);
}
