import { createServer } from "node:https";
import fastifyCookie from "@fastify/cookie";
import { openApiDocument } from "@pratique/api";
import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from "fastify";
import { Binder } from "./bind.ts";
import type { TlsIdentity } from "./certificate.ts";
import { serveConsole } from "./console-files.ts";
import type { Context } from "./context.ts";
import { EventStreams } from "./event-streams.ts";
import { refuseForeignHosts, sessionGuard } from "./guard.ts";
import { answerThrown, answerWithProblems } from "./problem-reply.ts";
import { bindEvents } from "./routes/event-routes.ts";
import { bindImages } from "./routes/image-routes.ts";
import { bindLaunches } from "./routes/launch-routes.ts";
import { bindOverview } from "./routes/overview-routes.ts";
import { bindSession } from "./routes/session-routes.ts";
import { setSecurityHeaders } from "./security-headers.ts";

const MAX_BODY_BYTES = 65_536;
const REQUEST_TIMEOUT_MS = 30_000;

export interface PublicAppOptions {
  readonly identity: TlsIdentity;
  readonly consoleDirectory: string | undefined;
  /** The names and ports under which browsers may call. */
  readonly hosts: () => ReadonlySet<string>;
  readonly loopback: boolean;
}

/** Makes the listener of the console: TLS, sessions, the API and the page. */
export async function makePublicApp(context: Context, options: PublicAppOptions): Promise<FastifyInstance> {
  const tls = { ...options.identity, minVersion: "TLSv1.2" as const };
  const loggerInstance: FastifyBaseLogger = context.log;
  const app = fastify({
    serverFactory: (handler) => createServer(tls, handler),
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true }),
    frameworkErrors: (thrown, _request, reply) => answerThrown(thrown, reply),
    exposeHeadRoutes: false,
    forceCloseConnections: true,
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
  });
  answerWithProblems(app);
  setSecurityHeaders(app, options);
  refuseForeignHosts(app, options.hosts);
  await app.register(fastifyCookie);
  app.decorateRequest("granted", undefined);

  const streams = new EventStreams(context.store, context.log);
  app.addHook("preClose", async () => streams.close());

  const binder = new Binder(app, sessionGuard(context));
  bindSession(binder, context);
  bindOverview(binder, context);
  bindImages(binder, context);
  bindLaunches(binder, context);
  bindEvents(binder, context, streams);
  const document = openApiDocument(context.version);
  app.get("/api/v1/openapi.json", async () => document);
  await serveConsole(app, options.consoleDirectory);
  return app;
}
