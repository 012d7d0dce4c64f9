import { createServer } from "node:https";
import fastifyCookie from "@fastify/cookie";
import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from "fastify";
import { Binder, type BinderOptions, expectCallers } from "./bind.ts";
import type { TlsIdentity } from "./certificate.ts";
import { serveConsole } from "./console-files.ts";
import type { Context } from "./context.ts";
import { refuseForeignHosts, refuseNamelessCallers } from "./guard.ts";
import { answerThrown, answerWithProblems } from "./problem-reply.ts";
import { publicRoutes } from "./routes/routes.ts";
import { setSecurityHeaders } from "./security-headers.ts";

const MAX_BODY_BYTES = 65_536;
const REQUEST_TIMEOUT_MS = 30_000;
/** Longer than a browser leaves a connection alone between two looks of a person. */
const KEEP_ALIVE_MS = 65_000;

export interface PublicAppOptions {
  readonly identity: TlsIdentity;
  readonly consoleDirectory: string | undefined;
  /** The names and ports under which browsers may call. */
  readonly hosts: () => ReadonlySet<string>;
  readonly loopback: boolean;
  /** Addresses and networks of those whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
  readonly calls: BinderOptions;
}

/** The listener of the console, and what binds its endpoints. */
export interface PublicApp {
  readonly app: FastifyInstance;
  readonly binder: Binder;
}

/** Makes the listener of the console: TLS, sessions, the API and the page. */
export async function makePublicApp(context: Context, options: PublicAppOptions): Promise<PublicApp> {
  // A server that is made here is not given Fastify's own limits.
  const tls = {
    ...options.identity,
    minVersion: "TLSv1.2" as const,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
  };
  const loggerInstance: FastifyBaseLogger = context.log;
  const app = fastify({
    serverFactory: (handler) => createServer(tls, handler),
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true }),
    frameworkErrors: (thrown, _request, reply) => answerThrown(thrown, reply),
    // An empty list would do as well, and would read the header for nothing.
    trustProxy: options.trustedProxies.length === 0 ? false : [...options.trustedProxies],
    exposeHeadRoutes: false,
    forceCloseConnections: true,
    bodyLimit: MAX_BODY_BYTES,
  });
  answerWithProblems(app);
  // JSON only: what a form of another site can send is taken for nothing.
  app.removeContentTypeParser("text/plain");
  setSecurityHeaders(app, options);
  refuseForeignHosts(app, options.hosts);
  refuseNamelessCallers(app);
  await app.register(fastifyCookie);
  expectCallers(app);
  app.addHook("preClose", async () => context.streams.close());

  const binder = new Binder(app, options.calls);
  for (const bindRoutes of publicRoutes) bindRoutes(binder, context);
  await serveConsole(app, options.consoleDirectory);
  return { app, binder };
}
